"""A server to measure, and readers without a screen, who speak Streamlit's own protocol to it."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

ROOT = Path(__file__).parents[1]
PAGES = [file.stem for file in sorted((ROOT / "pages").glob("*.py"))]


class Server:
    """The app as its command starts it, on a port of its own."""

    def __init__(self, *arguments: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "dashboard", "--no-browser", "--port", str(port)]
        # Whoever left is waited for 5 seconds, not 300: a soak would count those still waited for.
        released = os.environ | {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": "5"}
        self.process = subprocess.Popen(
            [*command, *arguments],
            cwd=ROOT,
            env=released,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.url = f"http://127.0.0.1:{port}"
        while True:
            try:
                urllib.request.urlopen(self.url, timeout=5).close()
                break
            except OSError:
                time.sleep(0.02)

    def cpu(self) -> float:
        """Seconds of processor time that the server spent; its fits are other processes."""
        return _cpu(self.process.pid)

    def cpu_with_fits(self) -> float:
        """The same, with what the fits that still run have spent."""
        return self.cpu() + sum(map(_cpu, self._fits()))

    def share(self) -> float:
        """MiB of the server, what it shares with others counted in part (PSS)."""
        return _share(self.process.pid)

    def memory(self) -> str:
        """MiB of the server, and of the processes of its fits."""
        return f"server {self.share():.0f} MiB, fits {sum(map(_share, self._fits())):.0f} MiB"

    def _fits(self) -> set[int]:
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        return {int(pid) for t in threads for pid in (t / "children").read_text().split()}

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _share(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(row.split()[1]) for row in rollup.splitlines() if row.startswith("Pss:")) / 1024


class Reader:
    """A session; `failed` are the pages that showed an error."""

    def __init__(self, server: Server) -> None:
        address = server.url.replace("http", "ws", 1) + "/_stcore/stream"
        self.socket = connect(address, subprotocols=["streamlit"], max_size=None)
        self.failed: list[str] = []

    def view(self, page: str, seconds: float = 900) -> float:
        """Milliseconds until the page is complete."""
        asked, begun = BackMsg(), time.perf_counter()
        asked.rerun_script.page_name = page
        self.socket.send(asked.SerializeToString())
        while True:
            said = ForwardMsg.FromString(self.socket.recv(timeout=seconds))
            if said.delta.new_element.WhichOneof("type") == "exception":
                self.failed.append(page)
            if said.WhichOneof("type") == "script_finished":
                return 1000 * (time.perf_counter() - begun)

    def leave(self) -> None:
        self.socket.close()
