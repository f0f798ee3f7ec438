"""What an importer must survive, point by point."""

import pytest
from polars.testing import assert_frame_equal

from core.errors import AmbiguousDatesError, CoreError, IntakeError
from core.intake.load import Cleaning, Upload, inspect, load

HEADER = "Order ID,Date,Customer,SKU,Product,Quantity,Price"


def csv(*rows, header=HEADER, name="orders.csv", encoding="utf-8"):
    return Upload(name, "\n".join([header, *rows, ""]).encode(encoding))


def sample(count=40, date="2024-03-{day:02d}"):
    return [
        f"{1000 + i},{date.format(day=1 + i % 28)},c{i % 7},SKU{i % 5},Thing {i % 5},1,2.5"
        for i in range(count)
    ]


def first(dataset, order="1000"):
    return dataset.lines.filter(order_id=order).collect().to_dicts()[0]


@pytest.mark.parametrize(
    ("encoding", "product"),
    [("utf-8", "Crème"), ("utf-8-sig", "Crème"), ("gb18030", "手冲咖啡壶"), ("gbk", "茶叶罐"),
     ("cp1252", "Crème brûlée"), ("iso-8859-1", "Käse"), ("cp932", "コーヒーカップとソーサー")],
)  # fmt: skip
def test_point_01_encodings(encoding, product):
    rows = [row.replace("Thing", product) for row in sample()]
    assert first(load([csv(*rows, encoding=encoding)]))["product_name"] == f"{product} 0"


def test_point_01_a_wrong_guess_is_visible_and_correctable():
    upload = csv(*[row.replace("Thing", "Café") for row in sample()], encoding="cp1250")
    (seen,) = inspect([upload])
    assert seen.file.encoding == "cp1252"
    corrected = load([upload], Cleaning(encoding="cp1250"))
    assert corrected.reconciliation.files[0].encoding == "cp1250"
    with pytest.raises(CoreError, match="encoding cannot be klingon"):
        Cleaning(encoding="klingon")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("told", [True, False])
def test_point_02_delimiters_and_sep_line(delimiter, told):
    text = "\n".join([HEADER, *sample()]).replace(",", delimiter)
    text = f"sep={delimiter}\n{text}\n" if told else f"{text}\n"
    dataset = load([Upload("orders.csv", text.encode())])
    assert dataset.facts["lines"] == 40
    assert dataset.lines.collect()["source_row"].min() == (3 if told else 2)


@pytest.mark.parametrize("preamble", ["Report\n", "# a\n# b\n\n", "\n", '"A","b, c"\n' * 7])
def test_point_03_preamble(preamble):
    text = preamble + "\n".join([HEADER, *sample(), ""])
    assert load([Upload("orders.csv", text.encode())]).facts["lines"] == 40


@pytest.mark.parametrize(
    "footer",
    ["83 record(s) downloaded", "Seller ID : x", "Total: All campaigns,,,,,40,100", "合计,,,,,40"],
)
def test_point_04_footers_and_totals(footer):
    dataset = load([csv(*sample(), footer)])
    assert dataset.facts["lines"] == 40
    assert dataset.reconciliation.set_aside["reason"].to_list() == ["not_a_line"]


@pytest.mark.parametrize(
    "header",
    [" Order ID ,DATE,Customer ,sku*,Product,Quantity（件）,Price (EUR)",
     "订单号,下单时间,客户,商品编码,商品名称,数量,单价（元）",
     "Order ID,Date,Customer,SKU,Product,Quantity,Price,Added in May"],
)  # fmt: skip
def test_point_05_header_names(header):
    dataset = load([csv(*sample(), header=header)])
    line = first(dataset)
    assert (line["product_id"], line["quantity"], line["unit_price"]) == ("SKU0", 1.0, 2.5)


@pytest.mark.parametrize(
    "header",
    ["Bestellnummer,Bestelldatum,Kundennummer,Artikelnummer,Artikel,Menge,Einzelpreis",
     "Numéro de commande,Date de commande,Client,Référence,Désignation,Quantité,Prix unitaire",
     "Número de pedido,Fecha,Cliente,Referencia,Producto,Cantidad,Precio",
     "Numero ordine,Data ordine,Cliente,Codice articolo,Prodotto,Quantità,Prezzo",
     "Número do pedido,Data do pedido,Cliente,Código,Produto,Quantidade,Preço",
     "Bestelnummer,Besteldatum,Klant,Artikelnummer,Productnaam,Aantal,Prijs",
     "注文番号,注文日,顧客番号,商品コード,商品名,数量,単価",
     "ＯＲＤＥＲ　ＩＤ,ＤＡＴＥ,ＣＵＳＴＯＭＥＲ,ＳＫＵ,ＰＲＯＤＵＣＴ,ＱＴＹ,ＰＲＩＣＥ"],
)  # fmt: skip
def test_point_05_translated_and_full_width_headers(header):
    dataset = load([csv(*sample(), header=header)])
    line = first(dataset)
    named = ("customer_id", "product_id", "product_name", "quantity", "unit_price")
    assert tuple(line[name] for name in named) == ("c0", "SKU0", "Thing 0", 1.0, 2.5)
    assert dataset.reconciliation.files[0].confidence > 0.9


@pytest.mark.parametrize("written", ["'1000", "\t1000\t", '"=""1000"""', "#1000"])
def test_point_06_damaged_ids(written):
    rows = [row.replace("1000", written, 1) for row in sample()]
    assert first(load([csv(*rows)]))["order_id"] == "1000"


def test_point_06_float_tails_and_lost_digits():
    rows = [f"{row.split(',')[0]}.0,{row.split(',', 1)[1]}" for row in sample()]
    assert first(load([csv(*rows)]))["order_id"] == "1000"
    with pytest.raises(IntakeError, match=r"5\.8E\+17"):
        load([csv(*sample(), "5.8E+17,2024-03-01,a,A,Mug,1,2")])


def test_point_07_grains_are_brought_to_lines():
    """Blank cells, repeated cells, wide, packed, summary + items, one row per unit: by layout."""
    from core.intake.sources import SOURCES
    from core.intake.sources.source import as_is

    by_name = {source.name: source for source in SOURCES}

    grained = ("shopify_orders", "woo_webtoffee", "woo_analytics_orders_server", "youzan_orders",
               "ebay_orders", "douyin_orders")  # fmt: skip
    assert all(by_name[name].prepare is not as_is for name in grained)
    assert not by_name["lazada_orders"].columns.get("quantity")


def test_point_08_order_money_is_not_added_up_over_lines():
    header = "订单号,商品ID,商品名称,订购数量,下单时间,京东价,订单金额,订单状态,下单帐号"
    rows = [f"29,{i},壶,1,2026-03-01 20:15:00,10.00,30.00,完成,a" for i in range(3)]
    dataset = load([csv(*rows, header=header)])
    assert dataset.reconciliation.reasons["money"].sum() == 30.0


@pytest.mark.parametrize(
    ("written", "value"),
    [('"$1,433.66"', 1433.66), ('"AU $3,000.00"', 3000.0), ('"EUR 90,00"', 90.0),
     ('"1 234,50 €"', 1234.5), ('"RM 1,234.56"', 1234.56), ("¥20.00元", 20.0), ("12元", 12.0),
     ("499.00（系统计算中，该值仅供参考）", 499.0), ("1'234.50", 1234.5),
     ('"1.234,50"', 1234.5), ("2\u00a0500", 2500.0)],
)  # fmt: skip
def test_point_09_money_text(written, value):
    rows = [f"{i},2024-03-05,a,A,Mug,1,{written}" for i in range(20)]
    assert first(load([csv(*rows)]), "3")["unit_price"] == value


@pytest.mark.parametrize(("written", "value"), [("(RM 50.00)", -50.0), ("-$12.00", -12.0)])
def test_point_09_negative_money_is_a_return(written, value):
    line = first(load([csv(*sample(), f"9,2024-03-05,a,A,Mug,1,{written}")]), "9")
    assert (line["revenue"], line["quantity"]) == (value, -1.0)


@pytest.mark.parametrize("written", ["--", "无退款申请", ""])
def test_point_09_no_money_is_no_price(written):
    dataset = load([csv(*sample(), f"9,2024-03-05,a,A,Mug,1,{written}")])
    assert dataset.reconciliation.set_aside["reason"].to_list() == ["no_price"]


@pytest.mark.parametrize(
    ("dates", "iso"),
    [
        (["2026-05-14 11:23:45 +0100", "2026-12-14 11:23:45 -0400"], "2026-05-14T11:23:45"),
        (["09/03/26", "09/23/26"], "2026-09-03T00:00:00"),
        (["9/3/2026", "9/23/2026"], "2026-09-03T00:00:00"),
        (["03/09/2026 10:00:00", "23/09/2026 11:00:00"], "2026-09-03T10:00:00"),
        (["09/03/2026 10:00:00 PM", "09/23/2026 11:00:00 AM"], "2026-09-03T22:00:00"),
        (["Sep-18-26", "Sep-19-26"], "2026-09-18T00:00:00"),
        (["26-May-26", "27-May-26"], "2026-05-26T00:00:00"),
        (["05-oct.-26", "06-oct.-26"], "2026-10-05T00:00:00"),
        (["18 Sep 2026 10:20", "19 Sep 2026 10:20"], "2026-09-18T10:20:00"),
        (['"Sep 4, 2026 1:05:07 AM PDT"', '"Sep 5, 2026 1:05:07 PM PDT"'], "2026-09-04T01:05:07"),
        (["2016/5/23 22:02", "2016/5/24 22:02"], "2016-05-23T22:02:00"),
        (["46279.5", "46280.25"], "2026-09-14T12:00:00"),
        (["2026年5月14日", "2026年5月15日"], "2026-05-14T00:00:00"),
        (["20260514", "20260515"], "2026-05-14T00:00:00"),
        (["03.09.2026", "04.09.2026"], "2026-09-03T00:00:00"),
    ],
)  # fmt: skip
def test_point_10_dates(dates, iso):
    rows = [f"{1000 + i},{dates[i % 2]},a,A,Mug,{1 + i},2" for i in range(20)]
    dataset = load([csv(*rows)], Cleaning(mapping=("Date=ordered_at",)))
    assert first(dataset)["ordered_at"].isoformat() == iso
    assert dataset.facts["lines"] == 20


def test_point_10_undecidable_order_is_asked():
    rows = [f"{i},0{1 + i % 9}/05/2024,a,A,Mug,1,2" for i in range(30)]
    with pytest.raises(AmbiguousDatesError, match="day/month or month/day"):
        load([csv(*rows)])
    assert first(load([csv(*rows)], Cleaning(date_order="dmy")), "2")["ordered_at"].month == 5


def test_point_10_the_whole_column_decides():
    """The deciding date stands in the last of a hundred thousand rows."""
    rows = [f"{i},0{1 + i % 9}/05/2024,a,A,Mug,1,2" for i in range(100_000)]
    dataset = load([csv(*rows, "x,31/05/2024,a,A,Mug,1,2")])
    assert first(dataset, "x")["ordered_at"].day == 31
    assert first(dataset, "3")["ordered_at"].month == 5


def test_point_11_refund_conventions():
    """Rows of their own stay as returns; a status is set aside; columns beside totals: layouts."""
    dataset = load([csv(*sample(), "C1000,2024-03-09,c0,SKU0,Thing 0,-1,2.5")])
    assert dataset.reconciliation.kept_with_note.row(0)[1:] == ("returns", 1, -2.5)
    rows = [*(f"{row},paid" for row in sample()), "9,2024-03-09,c0,A,Mug,1,2.5,退款成功"]
    dataset = load([csv(*rows, header=f"{HEADER},Status")])
    assert dataset.reconciliation.set_aside["reason"].to_list() == ["refunded"]


def test_point_12_cancelled_and_unpaid_are_shown_with_their_money():
    rows = [f"{row},paid" for row in sample()]
    rows += ["9,2024-03-09,a,A,Mug,2,2.5,voided", "8,2024-03-09,a,A,Mug,1,4,pending"]
    books = load([csv(*rows, header=f"{HEADER},Financial status")]).reconciliation
    assert books.reasons.select("reason", "rows", "money").rows()[1:] == [
        ("cancelled", 1, 5.0),
        ("unpaid", 1, 4.0),
    ]


def test_point_13_without_customers_there_is_no_customer_column():
    rows = [",".join(cell for i, cell in enumerate(r.split(",")) if i != 2) for r in sample()]
    dataset = load([csv(*rows, header=HEADER.replace("Customer,", ""))])
    assert "customer_id" not in dataset.columns
    assert dataset.facts["orders"] == 40


def test_point_14_masked_customers_are_no_key():
    rows = [row.replace(",c", ",1******619") for row in sample()]
    dataset = load([csv(*rows)])
    assert "customer_id" not in dataset.columns
    notes = dict(dataset.reconciliation.kept_with_note.select("note", "rows").iter_rows())
    assert notes["masked_customers"] == 40


@pytest.mark.parametrize(
    "name", ["Shipping", "Tip", "Gift card", "POSTAGE", "Bank charges", "运费"]
)
def test_point_15_lines_that_are_no_product(name):
    dataset = load([csv(*sample(), f"9,2024-03-05,a,X1,{name},1,2.5")])
    assert dataset.reconciliation.set_aside["reason"].to_list() == ["service"]


def test_point_16_currencies_are_never_added_up():
    rows = [f"{row},EUR" for row in sample()] + ["9,2024-03-05,a,A,Mug,1,900,USD"]
    dataset = load([csv(*rows, header=f"{HEADER},Currency")])
    assert dataset.reconciliation.set_aside["reason"].to_list() == ["other_currency"]
    assert dataset.reconciliation.reasons.filter(reason="kept")["money"].item() == 100.0


def test_point_17_the_same_export_twice_and_overlapping():
    once = load([csv(*sample())])
    twice = load([csv(*sample(), name="a.csv"), csv(*sample(), name="b.csv")])
    overlap = load([csv(*sample()[:30], name="a.csv"), csv(*sample()[20:], name="b.csv")])
    plain = once.lines.drop("source_file", "source_row").collect()
    for dataset, repeats in ((twice, 40), (overlap, 10)):
        assert_frame_equal(dataset.lines.drop("source_file", "source_row").collect(), plain)
        reasons = dataset.reconciliation.reasons.filter(reason="repeat")
        assert reasons.select("file", "rows").rows() == [("b.csv", repeats)]


def test_point_18_quoted_newlines_commas_and_semicolons():
    rows = [f'{row},"1 Street\n{i}; Town, X"' for i, row in enumerate(sample())]
    dataset = load([csv(*rows, header=f"{HEADER},Address")])
    assert dataset.facts["lines"] == 40
    assert dataset.lines.collect()["source_row"].max() == 41


@pytest.mark.parametrize("content", ["", HEADER, HEADER + "\n"])
def test_point_19_empty_and_header_only(content):
    with pytest.raises(IntakeError, match=r"is empty|no rows"):
        load([Upload("orders.csv", content.encode())])


def test_point_19_one_order_one_customer_one_day():
    dataset = load([csv(sample()[0])])
    assert dataset.facts == {"lines": 1, "orders": 1, "customers": 1, "products": 1, "days": 1}


def test_point_20_privacy(tmp_path):
    header = f"{HEADER},Full name,Phone,Address,IP address,Card last4"
    rows = [f"{row},Ada Invented,+44 20,1 Street,10.0.0.1,4242" for row in [*sample(), "9,?,a,,,,"]]
    dataset = load([csv(*rows, header=header)], folder=tmp_path)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    shown = dataset.reconciliation.set_aside.write_csv().encode()
    for secret in (b"Ada", b"+44 20", b"1 Street", b"10.0.0.1", b"4242"):
        assert secret not in written
        assert secret not in shown
