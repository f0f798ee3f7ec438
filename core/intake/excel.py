"""Excel workbooks, read in a process of its own: a hostile one can abort it or eat its memory."""

import io
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from core.errors import IntakeError
from core.intake import unpack

MEMORY = 3 << 30
SECONDS = 120

#: Writes every sheet as Arrow, cells as text, and their names.
READER = """
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
except (ImportError, ValueError, OSError):
    pass  # Windows knows no such limit, and macOS not always
import fastexcel
from pathlib import Path
folder = Path(sys.argv[1])
book = fastexcel.read_excel(folder / "book")
for index, name in enumerate(book.sheet_names[:50]):
    sheet = book.load_sheet(index, header_row=None, dtypes="string")
    sheet.to_polars().write_ipc(folder / f"{{index}}.arrow")
    (folder / f"{{index}}.name").write_text(name, encoding="utf-8")
"""


def is_workbook(data: bytes) -> bool:
    """Whether a zip is an Excel workbook, whatever its name says."""
    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return any(name.startswith("xl/") for name in names)


def sheets(file: str, data: bytes) -> Iterator[tuple[str, pl.DataFrame]]:
    """(name, cells as text) of every sheet that holds something."""
    if data.startswith(b"PK"):
        members = zipfile.ZipFile(io.BytesIO(data)).infolist()
        unpack.check(sum(member.file_size for member in members), len(data), file)
    with tempfile.TemporaryDirectory(prefix="shopscope-") as name:
        folder = Path(name)
        (folder / "book").write_bytes(data)
        _run(file, folder)
        for index in range(50):
            path = folder / f"{index}.arrow"
            if not path.exists():
                break
            frame = pl.read_ipc(path.read_bytes())
            if frame.height:
                yield (folder / f"{index}.name").read_text(encoding="utf-8"), frame


def _run(file: str, folder: Path) -> None:
    """Let the reader fill `folder`; its death is a sentence, not ours."""
    command = [sys.executable, "-I", "-c", READER.format(memory=MEMORY), str(folder)]
    try:
        subprocess.run(command, check=True, timeout=SECONDS, capture_output=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise IntakeError(
            "{file} cannot be read as an Excel workbook: open it in Excel and save the sheet "
            "as CSV.",
            file=file,
        ) from error
