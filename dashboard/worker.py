"""A process of its own for heavy fits: the server stays free, and what is stopped really stops.

`Worker` is the server's side; `python -m dashboard.worker` is the other. Tasks and answers are
pickles between the two processes of one start: nothing from outside is ever unpickled.
"""

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

ROOT = Path(__file__).parents[1]
#: Processes at a time over all sessions; more only fight for the same cores.
WORKERS = 2
#: Seconds that a process waits for another task; MiB at its peak after which it goes at once.
IDLE, PEAK = 300.0, 700
#: What follows an answer: whether the process may go on.
SMALL, LARGE = b"0", b"1"


class StoppedError(Exception):
    """The reader stopped this computation."""


class Worker:
    """One process, started with its first task."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.timer: threading.Timer | None = None

    def compute(self, task: bytes) -> Any:  # noqa: ANN401
        """The answer to a pickled (function, arguments); raises what the function raised."""
        if self.timer is not None:
            self.timer.cancel()
        process = self.process
        if process is None or process.poll() is not None:
            self.retire()
            process = self.process = _started()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(len(task).to_bytes(8, "big") + task)
            process.stdin.flush()
            done, answer = pickle.load(process.stdout)
            large = process.stdout.read(1) != SMALL
        except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
            self.retire()
            raise StoppedError from error
        except Exception:
            self.retire()  # what is left of an answer must not begin the next one
            raise
        if large:
            self.retire()
        if not done:
            raise answer
        return answer

    def rest(self) -> None:
        """Let the process go if nobody needs it for a while."""
        self.timer = threading.Timer(IDLE, self.retire)
        self.timer.daemon = True
        self.timer.start()

    def stop(self) -> None:
        """End what runs: whoever waits for its answer is told."""
        if (process := self.process) is not None:
            process.kill()
            process.wait()  # the next task must not be given to what is about to end

    def retire(self) -> None:
        """End the process and let go of it; the next task starts another."""
        if self.process is not None:
            with suppress(BrokenPipeError), self.process:  # closes the pipes
                self.process.kill()
            self.process = None


def _started() -> subprocess.Popen[bytes]:
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )


class Pool:
    """Hands tasks to whichever worker is free."""

    def __init__(self, size: int = WORKERS) -> None:
        self.all = [Worker() for _ in range(size)]
        self.free = [*self.all]
        self.some = threading.Condition()
        self.closed = False

    def take(self) -> Worker:
        """A free worker, the warmest first; waits for one."""
        with self.some:
            while not self.free:
                self.some.wait()
            if self.closed:
                raise StoppedError
            return self.free.pop()

    def give(self, worker: Worker) -> None:
        """Back it comes."""
        worker.rest()
        with self.some:
            self.free.append(worker)
            self.some.notify()

    def close(self) -> None:
        """The program ends: no task outlives it."""
        with self.some:
            self.closed = True
            for worker in self.all:
                worker.stop()


POOL = Pool()


class Task:
    """A computation that runs in a worker when called, and that another thread can stop."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        self.function, self.arguments = function, arguments
        self.worker: Worker | None = None
        self.stopped = False
        self.lock = threading.Lock()

    def __call__(self) -> Any:  # noqa: ANN401
        """Compute; raises StoppedError if it was stopped before it was done."""
        try:
            task = pickle.dumps((self.function, self.arguments))
        except (pickle.PicklingError, AttributeError, TypeError):
            return self.function(*self.arguments)  # defined inside a function: only known here
        worker = POOL.take()
        try:
            with self.lock:
                if self.stopped:
                    raise StoppedError
                self.worker = worker
            return worker.compute(task)
        finally:
            with self.lock:
                self.worker = None
            POOL.give(worker)

    def stop(self) -> None:
        """Give up: a running computation ends now."""
        with self.lock:
            self.stopped = True
            if self.worker is not None:
                self.worker.stop()


def _answer(task: bytes) -> bytes:
    function, arguments = pickle.loads(task)
    try:
        return _pickled((True, function(*arguments)))
    except Exception as error:  # the server raises it again where it was asked for
        error.__cause__ = error.__context__ = None
        return _refusal(error.with_traceback(None))


def _refusal(error: Exception) -> bytes:
    """The error pickled; one that would not arrive whole goes by its name."""
    try:
        pickle.loads(answer := pickle.dumps((False, error)))
    except Exception:
        return pickle.dumps((False, RuntimeError(type(error).__name__)))
    return answer


def _pickled(answer: tuple[bool, Any]) -> bytes:
    try:
        return pickle.dumps(answer)
    except (pickle.PicklingError, AttributeError, TypeError):
        import cloudpickle  # a model that holds functions made on the way

        return bytes(cloudpickle.dumps(answer))


def _large() -> bool:
    """Whether this process has grown so much that a fresh one is better."""
    if (status := Path("/proc/self/status")).exists():
        # Linux hands the parent's peak on to the child: getrusage would tell the server's.
        peaks = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(peaks[0].split()[1]) / 2**10 > PEAK
    try:
        import resource
    except ImportError:  # Windows
        return False
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20 > PEAK  # macOS: bytes


def serve(tasks: BinaryIO, answers: BinaryIO) -> None:
    """Answer one task after the other until the server closes the pipe."""
    while size := int.from_bytes(tasks.read(8), "big"):
        answers.write(_answer(tasks.read(size)))
        answers.write(LARGE if _large() else SMALL)
        answers.flush()


def main() -> None:
    """Run as the other process: behind the pages, and with a standard output of its own."""
    if hasattr(os, "nice"):
        os.nice(5)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not end up among the answers
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
