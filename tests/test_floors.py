"""The house's order: a floor imports only from the floors above it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

GROUND = "ground"
FLOORS = [
    GROUND,
    "dicom",
    "data",
    "phantom",
    "transforms",
    "networks",
    "losses",
    "metrics",
    "bundle",
    "training",
    "export",
    "inference",
    "explain",
    "report",
    "experiments",
    "slicer",
    "web",
    "cli",
]
FACES = {"slicer", "web", "cli"}
PACKAGE = Path(__file__).resolve().parent.parent / "mritumor"


def floor_of(parts: tuple[str, ...]) -> str:
    return parts[0] if parts and parts[0] in FLOORS else GROUND


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith("mritumor.")}


def violations(path: Path, source: str | None = None) -> list[str]:
    here = floor_of(path.relative_to(PACKAGE).parts[:-1])
    wrong = []
    for name in sorted(imports(path)):
        there = floor_of(tuple(name.split(".")[1:]))
        if FLOORS.index(there) > FLOORS.index(here) or (
            there in FACES and there != here
        ):
            wrong.append(f"{path.name} ({here}) imports {name} ({there})")
    return wrong


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.stem)
def test_imports_only_from_floors_above(path: Path) -> None:
    assert violations(path) == []


def test_every_folder_is_a_floor() -> None:
    folders = {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").is_file()}
    assert folders <= set(FLOORS)


def test_a_planted_violation_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    path = PACKAGE / "data" / "datalist.py"
    monkeypatch.setattr(
        (
            "tests.test_floors.imports"
            if __name__.startswith("tests")
            else f"{__name__}.imports"
        ),
        lambda _: {"mritumor.training.Checkpoints", "mritumor.errors"},
    )
    assert violations(path) == [
        "datalist.py (data) imports mritumor.training.Checkpoints (training)"
    ]
