"""Saved work: kept whole, sealed under a passphrase, gone when asked, whatever ends the process."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dashboard import saved_work
from dashboard.saved_work import Memory, SavedWorkError, Shop

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from pathlib import Path
from dashboard.saved_work import Shop, made
shop = Shop(Path(sys.argv[1]))
for n in range(1_000_000):
    shop.add([made("note", "left", n), made("note", "right", n), made("list", f"{n}", "x" * 5000)])
    print(n, flush=True)
"""
#: A shop that is made as far as its empty file.
CREATOR = """
import os, sys
from pathlib import Path
from dashboard import saved_work
saved_work._connected = lambda path: os._exit(9)
saved_work.create("Tea", where=Path(sys.argv[1]))
"""
#: A write that is as far as the file when it is killed.
JOURNAL = """
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1])
database.execute("PRAGMA cache_size = 1")
database.execute("DELETE FROM entry")
database.execute("INSERT INTO entry VALUES (x'00', zeroblob(100000))")
print("half", flush=True)
time.sleep(60)
"""


@pytest.fixture(params=["memory", "open", "sealed"])
def work(request, tmp_path):
    if request.param == "memory":
        return Memory()
    return saved_work.create("Tea & Co", "pass" * (request.param == "sealed"), tmp_path)


def test_what_is_put_is_kept_replaced_and_dropped(work):
    work.put("segment", "VIP", {"match": "all", "conditions": [["orders", 3, None]]})
    work.put("note", "VIP", "another kind under the same name")
    work.put("segment", "VIP", {"match": "any"})
    assert {name: e.value for name, e in work.kept("segment").items()} == {"VIP": {"match": "any"}}
    work.drop("segment", "VIP")
    assert work.kept("segment") == {}
    assert [entry.name for entry in work.entries()] == ["VIP"]


@pytest.mark.parametrize("passphrase", ["", "tea time"])
def test_a_shop_is_found_again(tmp_path, passphrase):
    saved_work.create("茶叶 <b>&", passphrase, tmp_path).put("note", "churn", "写信给 12345")
    (tmp_path / "other.shop").write_bytes(b"not a database")
    (found,) = saved_work.shops(tmp_path).items()
    assert found[0] == "茶叶 <b>&"
    assert saved_work.is_sealed(found[1]) == bool(passphrase)
    assert Shop(found[1], passphrase).kept("note")["churn"].value == "写信给 12345"


def test_a_sealed_file_tells_nothing_and_opens_to_its_passphrase_only(tmp_path):
    shop = saved_work.create("Tea", "correct horse", tmp_path)
    shop.put("segment", "Secret segment", {"customer": "anna@example.com"})
    held = shop.path.read_bytes()
    assert not any(word in held for word in (b"anna", b"Secret", b"segment", b"correct horse"))
    with pytest.raises(SavedWorkError, match="passphrase"):
        Shop(shop.path, "wrong")
    with pytest.raises(SavedWorkError, match="passphrase"):
        Shop(shop.path)


def test_what_was_dropped_leaves_no_bytes(tmp_path):
    shop = saved_work.create("Tea", where=tmp_path)
    shop.put("list", "campaign", ["anna@example.com"] * 500)
    assert b"anna@example.com" in shop.path.read_bytes()
    shop.drop("list", "campaign")
    assert b"anna@example.com" not in shop.path.read_bytes()


def test_delete_everything(tmp_path):
    for name in ("Tea", "Coffee"):
        saved_work.create(name, where=tmp_path).put("note", "n", "x")
    assert saved_work.erase_all(tmp_path) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_shop_is_created_once(tmp_path):
    saved_work.create("Tea", where=tmp_path)
    with pytest.raises(SavedWorkError, match="open it"):
        saved_work.create("Tea", where=tmp_path)


def test_a_file_that_went_or_is_of_another_version_is_one_sentence(tmp_path):
    shop = saved_work.create("Tea", where=tmp_path)
    with sqlite3.connect(shop.path) as database:
        database.execute("UPDATE about SET value = x'39' WHERE name = 'format'")
    database.close()
    with pytest.raises(SavedWorkError, match="another version"):
        Shop(shop.path)
    shop.erase()
    with pytest.raises(SavedWorkError, match="cannot be read"):
        shop.entries()
    with pytest.raises(SavedWorkError, match="cannot be read"):
        shop.put("note", "n", "x")
    assert not shop.path.exists()


def test_a_damaged_entry_is_one_sentence(tmp_path):
    shop = saved_work.create("Tea", "pass", tmp_path)
    with sqlite3.connect(shop.path) as database:
        database.execute("INSERT INTO entry VALUES (x'00', x'00')")
    database.close()
    with pytest.raises(SavedWorkError, match="cannot be read"):
        shop.entries()


def test_only_the_user_may_read_it(tmp_path):
    if sys.platform == "win32":
        pytest.skip("Windows has no mode bits")
    path = saved_work.create("Tea", where=tmp_path / "new").path
    assert (path.stat().st_mode & 0o077, path.parent.stat().st_mode & 0o077) == (0, 0)


def test_killed_in_the_middle_of_a_write_nothing_is_torn(tmp_path):
    """Killed at random moments: what was said to be kept is, and every write is whole."""
    shop, chance = saved_work.create("Tea", where=tmp_path), random.Random(7)
    for _ in range(6):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(shop.path)], cwd=ROOT, stdout=subprocess.PIPE
        )
        first = writer.stdout.readline()
        time.sleep(chance.uniform(0, 0.05))
        writer.send_signal(signal.SIGKILL)
        said = [int(line) for line in (first + writer.communicate()[0]).split(b"\n")[:-1]]
        notes = shop.kept("note")
        assert notes["left"].value == notes["right"].value >= said[-1]
        assert f"{notes['left'].value}" in shop.kept("list")
    with sqlite3.connect(shop.path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_killed_while_a_shop_is_made_it_can_be_made_again(tmp_path):
    done = subprocess.run([sys.executable, "-c", CREATOR, str(tmp_path)], cwd=ROOT, check=False)
    assert done.returncode == 9
    assert len(list(tmp_path.iterdir())) == 1
    assert saved_work.shops(tmp_path) == {}
    saved_work.create("Tea", where=tmp_path).put("note", "n", "x")
    assert list(saved_work.shops(tmp_path)) == ["Tea"]


def test_what_a_kill_left_beside_a_shop_goes_with_it(tmp_path):
    """The journal of a write that was cut off holds the pages as they were before."""
    shop = saved_work.create("Tea", where=tmp_path)
    shop.put("list", "campaign", ["anna@example.com"] * 500)
    writer = subprocess.Popen(
        [sys.executable, "-c", JOURNAL, str(shop.path)], cwd=ROOT, stdout=subprocess.PIPE
    )
    writer.stdout.readline()
    writer.kill()
    writer.communicate()
    assert len(list(tmp_path.iterdir())) == 2
    shop.erase()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("was", "became"), [("shop", "shoq"), ("proof", "prooo")])
def test_a_shop_that_lost_its_name_or_proof_is_passed_over(tmp_path, was, became):
    shop = saved_work.create("Tea", "pass", tmp_path)
    with sqlite3.connect(shop.path) as database:
        database.execute("UPDATE about SET name = ? WHERE name = ?", (became, was))
    database.close()
    assert saved_work.shops(tmp_path) == {}
    with pytest.raises(SavedWorkError, match="cannot be read"):
        Shop(shop.path, "pass")


def test_a_name_that_was_damaged_is_shown_as_far_as_it_goes(tmp_path):
    shop = saved_work.create("Tea", where=tmp_path)
    with sqlite3.connect(shop.path) as database:
        database.execute("UPDATE about SET value = x'54FF61' WHERE name = 'shop'")
    database.close()
    assert list(saved_work.shops(tmp_path)) == ["T\ufffda"]
