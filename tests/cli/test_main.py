"""The command line's frame."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mritumor.cli.main import COMMANDS, main


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from mritumor.cli.main import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('torch', 'monai', 'numpy', 'nibabel') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip().endswith("[]"), done.stdout + done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command.split(), "--help"])
    assert end.value.code == 0
    page = capsys.readouterr().out
    assert "Examples" in page and f"mritumor {command}" in page


def test_a_group_shows_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data"]) == 2
    assert "phantom" in capsys.readouterr().out


def test_the_overview_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    page = capsys.readouterr().out
    for name, (_, summary) in COMMANDS.items():
        assert f"\n  {name} " in page and summary in page


def test_a_misspelt_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predikt", "x"]) == 2
    assert "did you mean 'predict'" in capsys.readouterr().err
    assert main(["xyzzy"]) == 2
    assert "mritumor --help" in capsys.readouterr().err


def test_errors_are_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "nowhere", "nothing", "--out", "x"]) == 2
    said = capsys.readouterr().err
    assert (
        said.startswith("mritumor: nowhere/configs/metadata.json")
        and said.count("\n") == 1
    )
