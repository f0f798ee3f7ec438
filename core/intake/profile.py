"""A profile: how one shop's export is read, remembered for its next export as a small TOML file.

It holds column names and options, never data. The next file with the same columns picks it up.
"""

import dataclasses
import itertools
import json
import tomllib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import BadOptionError, IntakeError
from core.intake.inspection import recognised
from core.intake.request import DEFAULT, Cleaning, Upload
from core.intake.sources.source import key


@dataclass(frozen=True)
class Profile:
    """The columns by which an export is known again, and how it is to be read."""

    columns: frozenset[str]
    cleaning: Cleaning

    def fits(self, columns: Collection[str]) -> bool:
        """Whether an export has these columns, in any order and spelling of case."""
        return self.columns == {key(column) for column in columns}


def of(columns: Collection[str], cleaning: Cleaning) -> Profile:
    """The profile of an export with these columns that is read in this way."""
    return Profile(frozenset(key(column) for column in columns), cleaning)


def written(profile: Profile) -> str:
    """The profile as TOML; options that are as they come are left out."""
    given = {
        field.name: value
        for field in dataclasses.fields(profile.cleaning)
        if field.name != "as_of"
        and (value := getattr(profile.cleaning, field.name)) != getattr(DEFAULT, field.name)
    }
    lines = [f"columns = {json.dumps(sorted(profile.columns), ensure_ascii=False)}", "", "[read]"]
    return "\n".join([*lines, *(f"{name} = {_value(value)}" for name, value in given.items()), ""])


def _value(value: object) -> str:
    """A TOML value: JSON writes text, lists, numbers and booleans alike."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def parsed(text: str, name: str) -> Profile:
    """The profile that a TOML file holds."""
    try:
        made = tomllib.loads(text)
        options: dict[str, Any] = {
            option: tuple(value) if isinstance(value, list) else value
            for option, value in made.get("read", {}).items()
        }
        return Profile(frozenset(map(str, made["columns"])), Cleaning(**options))
    except (ValueError, KeyError, TypeError, AttributeError, BadOptionError) as error:
        raise IntakeError(
            "{file} is not a profile that can be read: save it again from the data page.",
            file=name,
        ) from error


def opened(path: Path) -> Cleaning:
    """How the profile in a file says to read."""
    try:
        return parsed(path.read_text(encoding="utf-8"), path.name).cleaning
    except (OSError, UnicodeDecodeError) as error:
        raise IntakeError(
            "{file} cannot be opened: check the name and that you may read it.", file=str(path)
        ) from error


def folder() -> Path:
    """Where profiles are kept: the user's own configuration folder."""
    from platformdirs import user_config_path

    return user_config_path("shopscope", appauthor=False) / "profiles"


def remember(profile: Profile, name: str, where: Path | None = None) -> Path:
    """Keep the profile under a name; one of the same columns is replaced, of others kept."""
    where = where or folder()
    where.mkdir(parents=True, exist_ok=True)
    for path, known in kept(where).items():
        if known.columns == profile.columns:
            path.unlink()
    safe = "".join(letter if letter.isalnum() else "-" for letter in name).strip("-") or "shop"
    path = where / f"{safe[:60]}.toml"
    for number in itertools.count(2):
        if not path.exists():
            break
        path = where / f"{safe[:60]}-{number}.toml"
    path.write_text(written(profile), encoding="utf-8")
    return path


def applied(
    files: Sequence[Upload], cleaning: Cleaning, profiles: Iterable[Profile] | None = None
) -> Cleaning:
    """The cleaning to use: what was asked for, else what is remembered of such files.

    profiles: to look among; None: the ones kept in `folder`.
    """
    if cleaning != DEFAULT:
        return cleaning
    known = list(kept().values() if profiles is None else profiles)
    for found in recognised(files, cleaning):
        for candidate in known:
            if candidate.fits(found.table.columns):
                return candidate.cleaning
    return cleaning


def kept(where: Path | None = None) -> dict[Path, Profile]:
    """Every readable profile of the folder; one that was damaged by hand is passed over."""
    found = {}
    for path in sorted((where or folder()).glob("*.toml")):
        try:
            found[path] = parsed(path.read_text(encoding="utf-8"), path.name)
        except (IntakeError, OSError, UnicodeDecodeError):
            continue
    return found
