"""A list of e-mail addresses: columns told by what they hold, bad lists refused in words."""

import polars as pl
import pytest

from core.errors import IntakeError
from core.intake.addresses import addresses
from core.intake.load import Upload

KNOWN = pl.Series(["17850", "C-2", "3"])


def read(text):
    return addresses(Upload("list.csv", text.encode()), KNOWN).rows()


@pytest.mark.parametrize(
    "text",
    [
        "No;Mail\n17850;Ann@shop.de\nC-2;b@c.org\nX;x@y.org\n",
        "邮箱,姓名,编号\nAnn@shop.de,安,17850\nb@c.org,白,C-2\n,空,3\n",
        "id,mail,other\n17850,old@shop.de,1\n17850,Ann@shop.de,2\nC-2,b@c.org,3\n",
        "id,mail,phone\n17850,Ann@shop.de,8.6138E+12\nC-2,b@c.org,8.6139E+12\n",
    ],
)
def test_addresses_of_known_customers_are_found(text):
    assert read(text) == [("17850", "Ann@shop.de"), ("C-2", "b@c.org")]


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        "id,mail\n99,a@b.org\n",
        "id,mail\n17850,none\n",
        "id,phone\n1.23E+9,8.6138E+12\n",
    ],
)
def test_a_list_that_names_nobody_is_refused(text):
    with pytest.raises(IntakeError, match=r"does not name these customers"):
        read(text)
