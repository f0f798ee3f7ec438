"""The command line: `shopscope`, or `python -m core`.

Without a subcommand it starts the dashboard. Exit status: 0 when every analysis ran or said why
the data cannot carry it, 1 when one failed, 2 when the input or an option is wrong, 130 when it was
stopped (Ctrl-C).
"""

import importlib
import os
import runpy
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from core.dataset import Dataset
    from core.report import Answer

ANSWERS = ("segments", "rules", "recommendations", "churn", "inventory")
#: What runs only when it is named.
FURTHER = ("sales_forecast",)
#: Whom --horizon-days is for -> the most days that its Config allows; each allows a week.
HORIZONS = {"churn": 365, "inventory": 365, "sales_forecast": 182}
#: Options that take several words at once: `--data a.csv b.csv`.
SPREAD = ("--data", "--map")
START = """
\b
Without a command the dashboard starts:
  shopscope                       and the browser opens
  shopscope --data orders.csv     with files already loaded
  shopscope --demo                on the demo shop
  shopscope --port N --no-browser
  shopscope --demo --help         every option of the start: port, address, password
"""
FILE = click.Path(path_type=Path)
HELP = ["-h", "--help"]


@click.group(epilog=START, context_settings={"help_option_names": HELP})
@click.version_option(package_name="shopscope")
def cli() -> None:
    """Answer a shop's questions from its order exports. Nothing leaves this machine."""


def _names(_context: click.Context, _parameter: click.Parameter, value: str | None) -> list[str]:
    names = list(dict.fromkeys(value.split(","))) if value else []
    known = (*ANSWERS, *FURTHER)
    if unknown := [name for name in names if name not in known]:
        raise click.BadParameter(f"{', '.join(unknown)}; known: {', '.join(known)}.")
    return names


def _day(_context: click.Context, _parameter: click.Parameter, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError as error:
        raise click.BadParameter(f"{value} is no day: write it as YYYY-MM-DD.") from error


def _input_options(command: Any) -> Any:  # noqa: ANN401
    """The arguments that `analyse` and `evaluate` share."""
    for option in (
        click.option("--seed", type=click.IntRange(0, 1_000_000), help="Same seed, same output."),
        click.option("--products", type=FILE, multiple=True, help="A table of products."),
        click.option("--stock", type=FILE, multiple=True, help="A table of stock."),
        click.option("--profile", type=FILE, help="How this shop's exports are read (TOML)."),
        click.option("--map", "mapping", multiple=True, metavar="COLUMN=FIELD ...",
                     help="Overrules the recognised columns."),
        click.option("--horizon-days", type=click.IntRange(7, max(HORIZONS.values())),
                     help="Horizon of churn and inventory and, up to 182, of sales_forecast. "
                     "Default, and elsewhere: chosen, and said."),
        click.option("--by", type=click.Choice(["day", "week", "month"]),
                     help="What the inventory forecast has a row of. Default: week."),
        click.option("--as-of", callback=_day, metavar="YYYY-MM-DD",
                     help='Treat this day as "today": no model sees later lines.'),
        click.option("--only", callback=_names, metavar="NAME,...",
                     help=f"A subset of: {' '.join(ANSWERS)}; or: {' '.join(FURTHER)}."),
        click.argument("files", nargs=-1, required=True, type=FILE),
    ):  # fmt: skip
        command = option(command)
    return command


@cli.command()
@_input_options
@click.option("--out", type=FILE, required=True, help="The folder to write to.")
@click.option("--format", "file_format", type=click.Choice(["csv", "parquet"]), default="csv")
@click.option("--report", type=FILE, help="Also write one HTML file to read and pass on.")
@click.option("--before", type=FILE, help="An earlier run's folder: the report tells what changed.")
def analyse(
    out: Path,
    file_format: Any,  # noqa: ANN401
    report: Path | None,
    before: Path | None,
    **given: Any,  # noqa: ANN401
) -> int:
    """Run the analyses on FILES and write their tables to a folder."""
    if out.exists() and not out.is_dir():
        raise click.BadParameter(f"{out} is a file: name a folder.", param_hint="--out")
    if report is not None and report.is_dir():
        raise click.BadParameter(f"{report} is a folder: name a file.", param_hint="--report")
    _place(out, "--out")
    _place(report or out, "--report")
    if before is not None and report is None:
        told = "the report tells what changed: name it with --report."
        raise click.BadParameter(told, param_hint="--before")
    from core import key_figures
    from core.analyses import MODULES
    from core.report import write

    earlier = key_figures.read(before) if before else None
    dataset, answers, options = _answer(given, MODULES if report else ANSWERS)
    asked = given["only"] or ANSWERS
    with _writing(out):
        written = write(
            out,
            dataset,
            [each for each in answers if each.name in asked],
            file_format=file_format,
            as_of=options.get("as_of"),
            timed="seed" not in options,
        )
    click.echo(f"{len(written)} files in {out}", err=True)
    if report is not None:
        as_of = options.get("as_of")
        _write_report(report, dataset.until(as_of), answers, before=earlier, as_of=as_of)
    return int(any(each.status == "failed" for each in answers))


def _place(path: Path, option: str) -> None:
    """Refuse before anything is computed what could not be written afterwards."""
    found = next(each for each in (path, *path.absolute().parents) if each.exists())
    if not os.access(found, os.W_OK) or (found != path and not found.is_dir()):
        raise click.BadParameter(f"{path} cannot be written: see {found}.", param_hint=option)


def _write_report(path: Path, dataset: "Dataset", answers: "Sequence[Answer]", **told: Any) -> None:  # noqa: ANN401
    # By name, at run time: core must not depend on what draws.
    html = importlib.import_module("dashboard.report_html")
    chapters = [html.Chapter(given.name, given.result, given.error) for given in answers]
    document = html.report(dataset, chapters, made=date.today(), **told)
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document, encoding="utf-8")
    click.echo(f"report in {path}", err=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """A failure names `path` where the system does not say which file it was."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise click.ClickException(f"{error.filename or path}: {reason}") from error


@cli.command()
@_input_options
def evaluate(**given: Any) -> int:  # noqa: ANN401
    """Show how each method did on held-back time, beside its baselines."""
    import polars as pl

    _, answers, _ = _answer(given, ANSWERS)
    for found in answers:
        click.echo(f"\n{found.name}: {found.reason or found.status}")
        if found.result is not None and not found.result.evidence.is_empty():
            with pl.Config(
                tbl_rows=-1, tbl_cols=-1, tbl_hide_dataframe_shape=True, tbl_width_chars=120,
                tbl_hide_column_data_types=True, fmt_str_lengths=40, float_precision=4,
                tbl_formatting="ASCII_MARKDOWN",
            ):  # fmt: skip
                click.echo(str(found.result.evidence))
    return int(any(given.status == "failed" for given in answers))


@cli.command()
@click.argument("name")
@click.option("--out", type=FILE, required=True, help="The file of orders; others go beside it.")
def sample(name: str, out: Path) -> int:
    """Write the files of the demo shop NAME."""
    from sample_data.generate import names, write

    if name not in names():
        raise click.BadParameter(f"there is no demo shop {name}; there are: {', '.join(names())}.")
    for path in write(name, out):
        click.echo(f"wrote {path}", err=True)
    return 0


def _answer(
    given: dict[str, Any], usual: Iterable[str]
) -> "tuple[Dataset, list[Answer], dict[str, Any]]":
    """Read the files and run the analyses asked for, or the usual ones; progress goes to stderr."""
    from core import report
    from core.intake import profile
    from core.intake.load import Cleaning, Upload, load

    options = {key: given[key] for key in ("horizon_days", "seed") if given[key] is not None}
    if given["by"]:
        options["plan_by"] = f"by_{given['by']}"
    if given["as_of"]:
        options["as_of"] = given["as_of"]
    paths = [*given["files"], *given["stock"], *given["products"]]
    click.echo(f"reading {', '.join(path.name for path in paths)}", err=True)
    uploads = [Upload(str(path), path) for path in paths]
    remembered = profile.opened(given["profile"]) if given["profile"] else Cleaning()
    mapping = (*remembered.mapping, *given["mapping"])
    dataset = load(uploads, remembered.with_values(mapping=mapping))
    _check_columns(given["mapping"], dataset)
    answers = []
    for name in given["only"] or usual:
        answers.append(report.answer(name, dataset, _meant_for(name, options)))
        click.echo(f"{name}: {answers[-1].status} ({answers[-1].seconds:.1f} s)", err=True)
    return dataset, answers, options


def _check_columns(mapping: Sequence[str], dataset: "Dataset") -> None:
    """Refuse a column, named by hand, that no file has: what it was meant for would go unread."""
    from core.intake.sources.source import key

    files = dataset.reconciliation.files if dataset.reconciliation else ()
    there = {key(column): column for file in files for column in file.columns}
    for column in (pair.rpartition("=")[0] for pair in mapping):
        if column and key(column) not in there:
            raise click.BadParameter(
                f"no file has a column {column}; there are: {', '.join(there.values())}.",
                param_hint="--map",
            )


def _meant_for(name: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options without a horizon that is not for this analysis."""
    if options.get("horizon_days", 0) <= HORIZONS.get(name, 0):
        return options
    return {key: value for key, value in options.items() if key != "horizon_days"}


def spread(words: Sequence[str]) -> list[str]:
    """`--data a b` as `--data a --data b`: click takes one word per option."""
    spreads, option = [], None
    for word in words:
        if word.startswith("-"):
            option = word if word in SPREAD else None
            spreads.append(word)
        elif option and spreads[-1] != option and (option == "--data" or "=" in word):
            spreads += [option, word]
        else:
            spreads.append(word)
    return spreads


def main() -> None:
    """Entry point of the console script."""
    words = spread(sys.argv[1:])
    if not starts(words):
        sys.exit(run(words))
    sys.argv = ["shopscope", *words]
    runpy.run_module("dashboard", run_name="__main__", alter_sys=True)


def starts(words: Sequence[str]) -> bool:
    """Whether the words start the dashboard: options of it, or files to open it with."""
    if not words:
        return True
    option = words[0].startswith("-") and words[0] not in (*HELP, "--version")
    return option or (words[0] not in cli.commands and Path(words[0]).exists())


def run(words: Sequence[str]) -> int:
    """Run the command; the exit status. A refusal is one line on stderr."""
    from polars.exceptions import PolarsError

    from core.errors import CoreError

    try:
        return int(cli.main(list(words), prog_name="shopscope", standalone_mode=False) or 0)
    except click.Abort:
        click.echo("shopscope: stopped.", err=True)
        return 130
    except click.ClickException as error:
        click.echo(f"shopscope: {error.format_message()}", err=True)
    except CoreError as error:
        click.echo(f"shopscope: {error}", err=True)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(f"shopscope: {where}{error.strerror or error}", err=True)
    except PolarsError as error:
        reason = str(error).partition("\n")[0]
        click.echo(f"shopscope: a table cannot be read or written: {reason}", err=True)
    return 2


if __name__ == "__main__":
    main()
