"""Folders for what a session or the process holds on disk; none outlives its owner for long.

An owner that is killed cannot tidy up: the next start removes every folder that nobody holds.
"""

import shutil
import tempfile
import time
import weakref
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows: what a killed process left is the system's to clean up
    fcntl = None  # type: ignore[assignment]

PREFIX, HELD = "shopscope-", ".held"
#: Seconds that a new folder may take until its owner holds it.
YOUNG = 60.0


class Workspace:
    """A folder that goes when its owner is collected or the process ends."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.close = weakref.finalize(self, _remove, self.folder, _hold(self.folder))


def _hold(folder: Path) -> IO[bytes] | None:
    """A lock that the system lets go when this process ends, however it ends."""
    if fcntl is None:
        return None
    held = (folder / HELD).open("wb")
    fcntl.flock(held, fcntl.LOCK_EX)
    return held


def _remove(folder: Path, held: IO[bytes] | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if held is not None:
        held.close()


def sweep(where: Path | None = None) -> int:
    """Remove the folders whose owners were killed; how many went."""
    if fcntl is None:
        return 0
    return sum(map(_swept, (where or Path(tempfile.gettempdir())).glob(f"{PREFIX}*/{HELD}")))


def _swept(file: Path) -> bool:
    try:
        if time.time() - file.stat().st_mtime < YOUNG:
            return False
        with file.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(file.parent, ignore_errors=True)
    except OSError:  # somebody holds it, or it is another user's
        return False
    return True
