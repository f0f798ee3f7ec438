"""How much memory is free, so that what cannot fit is refused before it is read."""

import os
import sys
from pathlib import Path

from core.errors import IntakeError

#: Memory that reading takes, as a multiple of the text, and of what a packed file unpacks to.
TEXT, UNPACKED = 1.4, 2.4
#: Bytes of memory that a cell of a typed file takes.
CELL = 12
#: What is left to the rest of the program.
RESERVE = 256 << 20


def free() -> int | None:
    """Bytes that can still be taken, or None where the system does not say."""
    known = [found for found in (_of_machine(), _of_container()) if found is not None]
    return min(known, default=None)


def _of_machine() -> int | None:
    if sys.platform == "linux":
        facts = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        return int(facts["MemAvailable"].split()[0]) << 10
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return None


def _of_container() -> int | None:
    """What the container that this runs in, if any, may still take."""
    group = Path("/sys/fs/cgroup")
    try:
        most = (group / "memory.max").read_text().strip()
        used = int((group / "memory.current").read_text())
    except (OSError, ValueError):
        return None
    return None if most == "max" else max(0, int(most) - used)


def check(file: str, needed: float) -> None:
    """Refuse what would need more memory than is free."""
    room = free()
    if room is not None and needed + RESERVE > room:
        raise IntakeError(
            "{file} needs about {needed:integer} MB of memory to be read, and {free:integer} MB "
            "are free: close other programs, export fewer months or columns, or convert it to "
            "Parquet; a file named with --data needs no upload.",
            file=file,
            needed=int(needed) >> 20,
            free=room >> 20,
        )
