"""Unpacks .gz and .zip within limits: a small file that unpacks to gigabytes is refused early."""

import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from core.errors import IntakeError
from core.intake import memory
from core.intake.request import ENDINGS

MOST_BYTES = 4 << 30
MOST_RATIO = 200
RATIO_FROM = 64 << 20
MOST_FILES = 200
BLOCK = 1 << 20


def gunzip(data: bytes, file: str) -> bytes:
    """The unpacked bytes of a gzip file, of one or several members."""
    told = int.from_bytes(data[-4:], "little")
    if told <= MOST_RATIO * len(data):  # else it is cut off, or lies: noticed while unpacking
        memory.check(file, memory.UNPACKED * told)
    out, rest = bytearray(), data
    while rest:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            rest = _inflate(unpacker, rest, out, len(data), file)
        except zlib.error as error:
            raise _damaged(file) from error
        if not unpacker.eof:
            raise _damaged(file)
    return bytes(out)


def _inflate(
    unpacker: "zlib._Decompress", rest: bytes, out: bytearray, packed: int, file: str
) -> bytes:
    """Append one member to `out`; answers with what follows it."""
    view = memoryview(rest)
    at, pending = 0, b""
    while not unpacker.eof and (pending or at < len(rest)):
        block = pending or bytes(view[at : at + BLOCK])
        at += 0 if pending else BLOCK
        out += unpacker.decompress(block, 4 * BLOCK)
        pending = unpacker.unconsumed_tail
        check(len(out), packed, file)
    return (unpacker.unused_data + bytes(view[at:])).lstrip(b"\0")


def unzip(data: bytes, file: str) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every file in the archive that ends as a table does, or else of every one.

    Names are labels only, never paths, and each stands once.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        inside = [info for info in archive.infolist() if _wanted(info.filename)]
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _damaged(file) from error
    if not inside:
        raise IntakeError("{file} is empty: export it again.", file=file)
    members = [info for info in inside if info.filename.lower().endswith(ENDINGS)] or inside
    if len(members) > MOST_FILES:
        raise IntakeError(
            "{file} holds {found:integer} files; at most {most:integer} are read at once.",
            file=file,
            found=len(members),
            most=MOST_FILES,
        )
    unpacked = sum(info.file_size for info in members)
    check(unpacked, len(data), file)
    memory.check(file, memory.UNPACKED * unpacked)
    names = Counter[str]()
    for info in members:
        label = PurePosixPath(info.filename).name
        names[label] += 1
        again = f" ({names[label]})" if names[label] > 1 else ""
        yield f"{file}/{label}{again}", _member(archive, info, data, file)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, data: bytes, file: str) -> bytes:
    out = bytearray()
    try:
        with archive.open(info) as member:
            while block := member.read(BLOCK):
                out += block
                check(len(out), len(data), file)
    except RuntimeError as error:
        raise IntakeError(
            "{file} is protected by a password: unpack it first, then load what is in it.",
            file=file,
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise _damaged(file) from error
    return bytes(out)


def _wanted(name: str) -> bool:
    """Not a folder, nor what macOS adds beside each file."""
    path = PurePosixPath(name)
    return not (name.endswith("/") or "__MACOSX" in path.parts or path.name.startswith("."))


def check(unpacked: int, packed: int, file: str) -> None:
    """Refuse what unpacks to more than can be read."""
    bomb = unpacked > RATIO_FROM and unpacked > MOST_RATIO * packed
    if bomb or unpacked > MOST_BYTES:
        raise IntakeError(
            "{file} unpacks to more than {size:integer} MB, which is too much to be an order "
            "export: unpack it yourself and load only the files you need.",
            file=file,
            size=unpacked >> 20,
        )


def _damaged(file: str) -> IntakeError:
    return IntakeError(
        "{file} is damaged or was cut off while it was copied: download or copy it again.",
        file=file,
    )
