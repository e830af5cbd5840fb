"""Every command and every piece of Python in the pages is tried."""

from __future__ import annotations

import ast
import configparser
import glob
import importlib
import importlib.util
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from blocks import PAGES, ROOT, SHELL, blocks, commands, lines_of
from PIL import Image

from mritumor.cli.check import configs_and_overrides
from mritumor.cli.main import COMMANDS, _command_of, _parser, main

OURS = commands("mritumor")
PYTHON = [page for page in PAGES if any(b.language == "python" for b in blocks(page))]
WRONG_ON_PURPOSE = {"epochz"}  # README shows what is said of a misspelt id
IN_SLICER = "docs/slicer.md"  # its Python runs in Slicer alone: imports are checked
IN_REPOSITORY = re.compile(r"\b(?:bundles|configs|tools|slicer_module)/[\w./*-]+")
PLACEHOLDER = re.compile(r"NAME|BUNDLE|SPACE")


def words_of(line: str) -> list[str]:
    """Return a command's words as the shell gives them; what "…" stands for is not known."""
    return [word for word in shlex.split(line) if "…" not in word]


def test_the_pages_have_commands() -> None:
    assert len(OURS) > 60
    named = {_command_of(words_of(line)[1:]) for _, line in OURS}
    assert {"predict", "evaluate", "train", "data prepare", "serve"} <= named


@pytest.mark.parametrize("place, line", OURS, ids=[f"{p} {c[:50]}" for p, c in OURS])
def test_a_command_is_understood(
    place: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = words_of(re.split(r"\s[>|]\s", line)[0])[1:]
    command = _command_of(words)
    if command is None or "…" in line or words[-1] == "--help":
        assert words[0] in ("--help", "COMMAND") or command in COMMANDS, place
        return
    try:
        arguments = _parser(command).parse_args(words)
    except SystemExit:
        pytest.fail(f"{place}: {line}\n{capsys.readouterr().err}")
    if command in ("check", "train"):
        check_ids(arguments, place)


def check_ids(arguments: object, place: str) -> None:
    """Refuse overrides of ids that neither the bundle nor an overlay has."""
    bundle = ROOT / arguments.bundle  # type: ignore[attr-defined]
    if not bundle.is_dir():
        return
    configs, overrides = configs_and_overrides(arguments)  # type: ignore[arg-type]
    known = set(json.loads((bundle / "configs/train.json").read_text("utf-8")))
    for config in configs:
        known |= set(yaml.safe_load((ROOT / config).read_text("utf-8")))
    ids = {w[2:].split("=")[0].split("#")[0] for w in overrides if w.startswith("--")}
    assert ids - WRONG_ON_PURPOSE <= known, place


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_what_shell_blocks_name_is_there(page: Path) -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = set(setup["options.extras_require"])
    for block in blocks(page):
        if block.language not in SHELL:
            continue
        for line in lines_of(block.text):
            where = f"{block.page}:{block.line}: {line}"
            for path in IN_REPOSITORY.findall(line):
                if not PLACEHOLDER.search(path) and "_bundle" not in path:
                    assert glob.glob(str(ROOT / path)), f"{where}: no {path}"
            if made := re.match(r"make ([\w-]+)", line):
                assert made[1] in targets, where
            if wanted := re.search(r"mritumor\[([\w,]+)\]", line):
                assert set(wanted[1].split(",")) <= extras, where
            if run := re.search(r"-m monai\.bundle run (\w+)", line):
                assert run[1] in ("training", "evaluating", "infer"), where


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path = target.split("#")[0]
        if path and "://" not in path:
            assert (page.parent / path).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PYTHON, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_imports_in_the_pages(page: Path) -> None:
    for block in blocks(page):
        if block.language == "python" and "--8<--" not in block.text:
            for node in ast.walk(ast.parse(block.text)):
                if isinstance(node, ast.ImportFrom) and node.module:
                    module = importlib.import_module(node.module)
                    for alias in node.names:
                        assert hasattr(module, alias.name), f"{page.name}: {alias.name}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [p for p in PYTHON if p.relative_to(ROOT).as_posix() != IN_SLICER],
    ids=lambda p: p.relative_to(ROOT).as_posix(),
)
def test_python_in_the_pages_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bundles").symlink_to(ROOT / "bundles")
    (tmp_path / "dicom_export").mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (90, 80)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "slice.png")
    names = {"array": np.ones((3, 64, 48), np.float32) * pixels[:64, :48]}
    for block in blocks(page):
        if block.language == "python" and "--8<--" not in block.text:
            code = compile(block.text, f"{block.page}:{block.line}", "exec")
            exec(code, names)  # noqa: S102


@pytest.mark.slow
def test_get_started_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    """The blocks that say so run as they stand, one after the other."""
    monkeypatch.chdir(tmp_path)
    for name in ("bundles", "configs"):
        (tmp_path / name).symlink_to(ROOT / name)
    ran = 0
    for block in blocks(ROOT / "docs/get-started.md"):
        for line in lines_of(block.text) if block.run else ():
            if line.startswith("mritumor "):
                assert main(words_of(line)[1:]) == 0, capsys.readouterr().err
                ran += 1
    assert ran >= 5
    assert list((tmp_path / "demo/results").glob("*.html"))
    assert (tmp_path / "demo/scores/report.html").is_file()


@pytest.mark.slow
def test_the_site_is_built_and_asks_no_other_host(tmp_path: Path) -> None:
    for needed in ("mkdocs", "material", "mkdocstrings"):
        if importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed: pip install 'mritumor[docs]'")
    site = tmp_path / "site"
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(site)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    loads = re.compile(
        r"<(?:script|img|iframe|source)[^>]*\ssrc=[\"'](?:https?:)?//"
        r"|<link[^>]*rel=[\"']?(?:stylesheet|preconnect|preload)[^>]*//"
    )
    pages = list(site.rglob("*.html"))
    assert len(pages) > 35
    for page in pages:
        assert not loads.search(page.read_text(encoding="utf-8")), page
    commands_page = (site / "reference/commands.html").read_text(encoding="utf-8")
    assert all(f"usage: mritumor {name}" in commands_page for name in COMMANDS)
