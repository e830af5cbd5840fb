"""Reasons, table and processes of bundle-check, without any consumer."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mritumor.export.consumers.child import in_fork
from mritumor.export.consumers.outcome import (
    FAIL,
    NO_MATTER,
    PASS,
    DoesNotApply,
    Outcome,
)
from mritumor.export.consumers.reasons import sentence
from mritumor.export.consumers.table import as_markdown, as_text


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        (
            "expected input to have 4 channels, but got 40 channels",
            "EnsureChannelFirstd",
        ),
        ("'list' object has no attribute 'shape'", "take one file"),
        ("itk.Image is not wrapped for input type `itk.SL`", "not uint8"),
        ("Expected a floating point or complex tensor. Got Bool", "EnsureTyped"),
    ],
)
def test_messages_of_older_bundles_become_sentences(said: str, meaning: str) -> None:
    try:
        try:
            raise RuntimeError(said)
        except RuntimeError as error:
            raise ValueError("wrapped") from error
    except ValueError as error:
        assert meaning in sentence(error)


def test_forks_hang_die_and_fail_alone(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert in_fork(lambda: None, 30, log) == (PASS, "")
    assert in_fork(lambda: time.sleep(60), 0.5, log)[0] == FAIL
    assert "exit code 3" in in_fork(lambda: os._exit(3), 30, log)[1]

    def no_matter() -> None:
        raise DoesNotApply("2-D")

    assert in_fork(no_matter, 30, log) == (NO_MATTER, "2-D")


def test_what_a_fork_started_ends_when_the_process_above_is_killed(
    tmp_path: Path,
) -> None:
    script = """
import subprocess, sys, time
from pathlib import Path
from mritumor.export.consumers.child import in_fork
def serve():
    server = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    Path("pid").write_text(str(server.pid))
    Path("ready").touch()
    time.sleep(300)
in_fork(serve, 300, Path("log"))
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path) as above:
        _wait_until((tmp_path / "ready").exists)
        above.kill()
    server = int((tmp_path / "pid").read_text())
    _wait_until(lambda: not _lives(server))


def _lives(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "\nState:\tZ" not in status.read_text()


def _wait_until(so: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not so():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_table_names_each_reason_once() -> None:
    outcomes = [
        Outcome("files", "a", FAIL, "missing: LICENSE"),
        Outcome("one file in", "a", FAIL, "missing: LICENSE"),
        Outcome("files", "b", PASS),
    ]
    text = as_text(outcomes)
    assert text.count("missing: LICENSE") == 1 and "a, files; one file in" in text
    assert as_markdown(outcomes).splitlines()[0] == "|  | a | b |"
