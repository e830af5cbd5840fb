"""Reasons, table and processes of bundle-check, without any consumer."""

from __future__ import annotations

import os
import time
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


def test_table_names_each_reason_once() -> None:
    outcomes = [
        Outcome("files", "a", FAIL, "missing: LICENSE"),
        Outcome("one file in", "a", FAIL, "missing: LICENSE"),
        Outcome("files", "b", PASS),
    ]
    text = as_text(outcomes)
    assert text.count("missing: LICENSE") == 1 and "a, files; one file in" in text
    assert as_markdown(outcomes).splitlines()[0] == "|  | a | b |"
