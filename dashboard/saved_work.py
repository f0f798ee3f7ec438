"""Saved work: what a reader keeps about one shop from one session to the next. No streamlit here.

Segments, mappings, options, notes, lists taken away, stock counts and the figures of reports are
entries, each a JSON value under a kind and a name, with the time it was saved:

    work = state.work()                        # the shop that is open, else this session's memory
    work.put("segment", "VIP", {"match": ...})
    work.kept("segment")["VIP"].value
    work.drop("segment", "VIP")

`Memory` goes with the session. `Shop` is a SQLite file in the user's data folder; it is made only
when the reader turns saving on. SQLite's journal makes every write whole or absent, whatever ends
the process. With a passphrase each entry, its kind and its name included, is sealed by Fernet
(AES-128-CBC and HMAC-SHA256) under a key that scrypt (N = 2^15, r = 8, p = 1; RFC 7914, 2016) makes
of it; the shop's name, and how many entries there are, can still be seen.
"""

import hashlib
import hmac
import json
import os
import secrets
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from core.errors import CoreError

Kind = Literal["segment", "mapping", "options", "note", "list", "report", "stock"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SUFFIX = ".shop"
FORMAT = 1
TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE entry (id BLOB PRIMARY KEY, sealed BLOB NOT NULL);
"""


class SavedWorkError(CoreError):
    """Saved work cannot be opened, read or written."""


@dataclass(frozen=True)
class Entry:
    """One thing kept. value: whatever JSON can say; saved_at: local time, ISO 8601."""

    kind: Kind
    name: str
    value: Any
    saved_at: str


def made(kind: Kind, name: str, value: Any) -> Entry:  # noqa: ANN401
    """An entry saved now."""
    return Entry(kind, name, value, datetime.now().isoformat(timespec="seconds"))


class Work(ABC):
    """Where a session keeps its work."""

    @abstractmethod
    def entries(self) -> list[Entry]:
        """Everything kept, oldest first."""

    @abstractmethod
    def put(self, kind: Kind, name: str, value: Any) -> None:  # noqa: ANN401
        """Keep `value`; what stood under the same kind and name is replaced."""

    @abstractmethod
    def drop(self, kind: Kind, name: str) -> None:
        """Let one entry go."""

    def kept(self, kind: Kind) -> dict[str, Entry]:
        """Name -> entry of one kind, oldest first."""
        return {entry.name: entry for entry in self.entries() if entry.kind == kind}


class Memory(Work):
    """Work that goes with the session."""

    def __init__(self) -> None:
        self.held: dict[tuple[Kind, str], Entry] = {}

    def entries(self) -> list[Entry]:
        """Everything kept, oldest first."""
        return sorted(self.held.values(), key=_age)

    def put(self, kind: Kind, name: str, value: Any) -> None:  # noqa: ANN401
        """Keep `value` for this session."""
        self.held[kind, name] = made(kind, name, value)

    def drop(self, kind: Kind, name: str) -> None:
        """Let one entry go."""
        self.held.pop((kind, name), None)


class Shop(Work):
    """Work of one shop, in a file that outlives the session."""

    def __init__(self, path: Path, passphrase: str = "") -> None:
        """Open the file; SavedWorkError if it is not one of ours or the passphrase is another."""
        self.path = path
        about = _about(path)
        self.name = about["shop"].decode(errors="replace")
        self.key = _key(passphrase, about["salt"]) if "salt" in about else None
        if self.key and not hmac.compare_digest(about["proof"], _proof(self.key)):
            raise SavedWorkError("This is not the passphrase that the work was saved under.")

    def entries(self) -> list[Entry]:
        """Everything kept, oldest first."""
        with _connected(self.path) as database:
            rows = database.execute("SELECT sealed FROM entry").fetchall()
        return sorted((self._entry(sealed) for (sealed,) in rows), key=_age)

    def put(self, kind: Kind, name: str, value: Any) -> None:  # noqa: ANN401
        """Keep `value`: when this returns, it is on the disk."""
        self.add([made(kind, name, value)])

    def add(self, entries: Iterable[Entry]) -> None:
        """Keep all the entries, or, if anything goes wrong, none."""
        rows = [
            (self._id(entry.kind, entry.name), self._seal(json.dumps(asdict(entry)).encode()))
            for entry in entries
        ]
        with _connected(self.path) as database:
            database.executemany("INSERT OR REPLACE INTO entry VALUES (?, ?)", rows)

    def drop(self, kind: Kind, name: str) -> None:
        """Let one entry go; its bytes are overwritten."""
        with _connected(self.path) as database:
            database.execute("DELETE FROM entry WHERE id = ?", (self._id(kind, name),))

    def erase(self) -> None:
        """Delete everything kept of this shop, and what a write that was cut off left beside it."""
        for path in self.path.parent.glob(f"{self.path.name}*"):
            path.unlink(missing_ok=True)

    def _id(self, kind: Kind, name: str) -> bytes:
        return hmac.digest(self.key or b"shopscope", json.dumps([kind, name]).encode(), "sha256")

    def _seal(self, plain: bytes) -> bytes:
        return _fernet(self.key).encrypt(plain) if self.key else plain

    def _entry(self, sealed: bytes) -> Entry:
        from cryptography.fernet import InvalidToken

        try:
            return Entry(**json.loads(_fernet(self.key).decrypt(sealed) if self.key else sealed))
        except (InvalidToken, ValueError, TypeError) as error:
            raise _unwritable(self.path, error) from error


def folder() -> Path:
    """Where saved work lives: the user's own data folder."""
    from platformdirs import user_data_path

    return user_data_path("shopscope", appauthor=False) / "shops"


def shops(where: Path | None = None) -> dict[str, Path]:
    """Name -> file of every shop whose work is saved; a damaged file is passed over."""
    found = {}
    for path in sorted((where or folder()).glob(f"*{SUFFIX}")):
        try:
            found[_about(path)["shop"].decode(errors="replace")] = path
        except SavedWorkError:
            continue
    return found


def is_sealed(path: Path) -> bool:
    """Whether the work in this file was saved under a passphrase."""
    return "salt" in _about(path)


def create(name: str, passphrase: str = "", where: Path | None = None) -> Shop:
    """Start saving the work of a shop; SavedWorkError if that shop has a file already."""
    where = where or folder()
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    path = where / f"{digest}{SUFFIX}"
    if path.exists() and not _unbegun(path):
        raise SavedWorkError("Work of {shop} is saved already: open it.", shop=name)
    about = {"format": str(FORMAT).encode(), "shop": name.encode()}
    if passphrase:
        about["salt"] = secrets.token_bytes(16)
        about["proof"] = _proof(_key(passphrase, about["salt"]))
    try:
        where.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise _unwritable(path, error) from error
    with _connected(path) as database:
        database.executescript(f"BEGIN;{TABLES}")
        database.executemany("INSERT INTO about VALUES (?, ?)", about.items())
    return Shop(path, passphrase)


def erase_all(where: Path | None = None) -> int:
    """Delete the saved work of every shop; how many files went."""
    found = files(where)
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def files(where: Path | None = None) -> list[Path]:
    """Every file of saved work, those that cannot be read too."""
    return [path for path in (where or folder()).glob(f"*{SUFFIX}*") if path.is_file()]


def _unbegun(path: Path) -> bool:
    """Whether the program ended while it made this file: nothing is in it."""
    with _connected(path) as database:
        return bool(database.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,))


def _age(entry: Entry) -> tuple[str, str, str]:
    return entry.saved_at, entry.kind, entry.name


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction on the file: all of it or, whatever happens, nothing."""
    try:
        uri = f"{path.resolve().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True)) as database:
            database.execute("PRAGMA synchronous = FULL")
            database.execute("PRAGMA secure_delete = ON")
            with database:
                yield database
    except sqlite3.Error as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: Exception) -> SavedWorkError:
    return SavedWorkError(
        "Saved work cannot be read or written ({reason}): look at {file}.",
        reason=str(error),
        file=path.name,
    )


def _about(path: Path) -> dict[str, bytes]:
    with _connected(path) as database:
        rows = database.execute("SELECT name, value FROM about").fetchall()
    about = {name: value for name, value in rows if isinstance(value, bytes)}
    if about.get("format") != str(FORMAT).encode():
        raise SavedWorkError(
            "{file} was saved by another version of Shopscope: it stays as it is.", file=path.name
        )
    wanted = {"shop", "proof"} if "salt" in about else {"shop"}
    if missing := wanted - about.keys():
        raise _unwritable(path, KeyError(*missing))
    return about


def _key(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=2**26, dklen=32)


def _proof(key: bytes) -> bytes:
    """Tells a right key from a wrong one and nothing else about it."""
    return hmac.digest(key, b"shopscope saved work", "sha256")


def _fernet(key: bytes | None) -> Any:  # noqa: ANN401
    from base64 import urlsafe_b64encode

    from cryptography.fernet import Fernet

    return Fernet(urlsafe_b64encode(key or b""))
