"""Folders of a process that was killed go at the next start; those of a living one stay."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.workspace import HELD, YOUNG, Workspace, sweep

ROOT = Path(__file__).parents[2]
OWNER = "from dashboard.workspace import Workspace; w = Workspace(); print(w.folder); input()"


@pytest.fixture(autouse=True)
def _posix():
    if os.name == "nt":
        pytest.skip("Windows cleans up by itself")


def owner(where):
    """A process that holds a folder in `where`, and the folder, as old as a start needs it."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(where)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    folder = Path(process.stdout.readline().strip())
    (folder / "lines.parquet").write_bytes(b"x")
    before = (folder / HELD).stat().st_mtime - YOUNG - 1
    os.utime(folder / HELD, (before, before))
    return process, folder


def test_what_a_killed_process_left_goes_and_what_a_living_one_holds_stays(tmp_path):
    killed, left = owner(tmp_path)
    living, held = owner(tmp_path)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert left.exists()
    assert sweep(tmp_path) == 1
    assert not left.exists()
    assert (held / "lines.parquet").exists()
    living.communicate("\n")
    assert not held.exists()


def test_a_folder_that_is_just_being_made_and_foreign_ones_stay(tmp_path):
    for name in ("shopscope-new", "shopscope-old", "other"):
        (tmp_path / name).mkdir()
    (tmp_path / "shopscope-new" / HELD).touch()
    assert sweep(tmp_path) == 0
    assert len(list(tmp_path.iterdir())) == 3


def test_a_folder_goes_with_its_owner():
    workspace = Workspace()
    folder = workspace.folder
    assert folder.is_dir()
    del workspace
    assert not folder.exists()
