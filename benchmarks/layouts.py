"""The table of export layouts: recognised as what, how surely, mapped to what, and reconciled.

python benchmarks/layouts.py
"""

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from core.errors import IntakeError  # noqa: E402
from core.intake.load import Upload, inspect, load  # noqa: E402

CASES = ROOT / "tests" / "core" / "intake" / "layouts.py"
ORDERS = Upload("orders.csv", b"order_id,ordered_at,product_id,quantity\nZ,2026-01-01,Z,1\n")


def main() -> int:
    spec = importlib.util.spec_from_file_location("layouts", CASES)
    layouts = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(layouts)
    right = 0
    for name, case in layouts.CASES.items():
        files = [
            Upload(f"{layout}.csv", layouts.write(layout, layouts.CASES[layout]))
            for layout in (name, *case.with_files)
        ]
        (seen,) = inspect(files[:1])
        said, reconciled = read(files, case)
        recognised = seen.file.format == case.format
        right += recognised and reconciled
        mapped = sum(field.column is not None for field in seen.fields)
        print(
            f"{name:32} {'yes' if recognised else 'NO':3} {seen.file.format:30} "
            f"{seen.file.confidence:4.0%}  then {seen.file.runner_up or '-':28} "
            f"{mapped:2} fields  {'yes' if reconciled else 'NO':3} {said}"
        )
    print(f"{right} of {len(layouts.CASES)} recognised, mapped and reconciled")
    return int(right < len(layouts.CASES))


def read(files: list[Upload], case) -> tuple[str, bool]:
    """(what became of its rows, whether that is what the fixture expects)."""
    try:
        dataset = load(files if case.lines else [ORDERS, *files])
    except IntakeError as refusal:
        return f"refused: {str(refusal)[:60]}", bool(case.says)
    books = dataset.reconciliation
    rows = books.reasons["rows"].sum()
    if case.lines:
        read_rows = sum(file.rows_read for file in books.files if file.table == "lines")
        good = rows == read_rows == len(case.lines) + len(case.aside)
        return f"{rows} rows = {len(case.lines)} kept + {len(case.aside)} set aside", good
    table = dataset.tables.get(case.table)
    height = 0 if table is None else table.height
    return f"table {case.table}: {height} rows", height > 0 or not case.frame


if __name__ == "__main__":
    sys.exit(main())
