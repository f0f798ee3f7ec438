"""Fuzz intake with coverage guidance, by hand: any bytes are read or refused in our own words.

    pip install atheris
    python benchmarks/fuzz_intake.py -max_total_time=300 [CORPUS ...]

The suite's own generators make ten thousand inputs with
    FUZZ_EXAMPLES=2000 python -m pytest tests/core/intake/test_fuzz.py
"""

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))
with atheris.instrument_imports(include=["core.intake"]):
    from core.errors import CoreError
    from core.intake.load import Upload, inspect, load

#: Beginnings that lead into the different readers.
STARTS = (
    b"", b"PAR1", b"ARROW1\0\0", b"PK\x03\x04", b"\x1f\x8b\x08", b"\xff\xfe", b"\xef\xbb\xbf",
    b"Order ID,Date,SKU,Quantity,Price\n1,2024-03-05,A,1,2.5\n",
    "订单编号,下单时间,商品编码,数量,单价\n1,2024/3/5,A,1,2.5\n".encode(),
    b"InvoiceNo;StockCode;Quantity;InvoiceDate;UnitPrice\n",
    b"Name,Created at,Lineitem name,Lineitem price,Lineitem quantity\n",
)  # fmt: skip


def once(data: bytes) -> None:
    if not data:
        return
    content = STARTS[data[0] % len(STARTS)] + data[1:]
    for ask in (inspect, load):
        try:
            ask([Upload("f.csv", content)])
        except CoreError:
            continue


if __name__ == "__main__":
    atheris.Setup(sys.argv, once)
    atheris.Fuzz()
