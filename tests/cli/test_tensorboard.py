"""`mritumor tensorboard`: the right folder, and a sentence when there is nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mritumor.cli.main import main
from mritumor.cli.tensorboard import log_folder, run_names

EVENTS = "events.out.tfevents.1.host.1.0"


def log(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / EVENTS).touch()
    return folder


def test_of_one_run(tmp_path: Path) -> None:
    logs = log(tmp_path / "run/tensorboard")
    assert log_folder(tmp_path / "run") == logs
    assert log_folder(logs) == logs
    assert run_names(logs) == {"."}


def test_of_many_runs(tmp_path: Path) -> None:
    log(tmp_path / "a/runs/train/tensorboard")
    log(tmp_path / "b/tensorboard")
    assert log_folder(tmp_path) == tmp_path
    assert run_names(tmp_path) == {"a/runs/train/tensorboard", "b/tensorboard"}
    # An earlier run in the same folder is a run too, but the folder's own one opens.
    log(tmp_path / "b/earlier/2026/tensorboard")
    assert log_folder(tmp_path / "b") == tmp_path / "b/tensorboard"


def test_nothing_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run/tensorboard").mkdir(parents=True)
    assert main(["tensorboard", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert "nothing was logged" in error and "train first" in error
    assert main(["tensorboard", str(tmp_path / "absent")]) == 2
    assert "no such folder" in capsys.readouterr().err


def test_command_that_is_started(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs = log(tmp_path / "run/tensorboard")
    seen: list[list[str]] = []

    def started(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        seen.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", started)
    assert main(["tensorboard", str(tmp_path / "run"), "--port", "6123"]) == 0
    assert seen[0][1:] == [
        *("-m", "tensorboard.main", "--logdir", str(logs)),
        *("--port", "6123", "--host", "localhost"),
    ]
    assert "1 run(s)" in capsys.readouterr().err


def test_the_program_is_there() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tensorboard.main", "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
