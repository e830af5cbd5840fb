"""No bundle and no paper says again what another or a base has said."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

CONFIGS = Path(__file__).resolve().parent.parent.parent / "configs"
# A component with its arguments, named again, is up to four.
LONGEST = 4
# Lines that hold nothing of their own: a key alone, a component that has no arguments
# but the key (as in lists of transforms), and what every network must be told.
EMPTY = re.compile(r"[\w+!#]+:|keys: \w+|(in|out)_channels: .*|num_classes: .*")


def meaningful(path: Path) -> list[str]:
    """Return the lines that say something; of bundles without their metadata.

    What a bundle's metadata say in words, such as a licence, each has to say itself.
    """
    text = re.sub(r"(^|\s)#.*", "", path.read_text("utf-8"), flags=re.MULTILINE)
    if path.parent.name == "bundles":
        text = re.split(r"^metadata:", text, flags=re.MULTILINE)[0]
    lines = (line.strip().removeprefix("- ") for line in text.splitlines())
    return [line for line in lines if line and not EMPTY.fullmatch(line)]


def repeated(one: list[str], other: list[str]) -> list[tuple[str, ...]]:
    """Return the runs of more than `LONGEST` lines that stand in both."""

    def runs(lines: list[str]) -> set[tuple[str, ...]]:
        n = LONGEST + 1
        return {tuple(lines[i : i + n]) for i in range(len(lines) - n + 1)}

    return sorted(runs(one) & runs(other))


def pairs() -> list[tuple[Path, Path]]:
    bundles, papers, bases = (
        sorted((CONFIGS / name).glob("*.yaml"))
        for name in ("bundles", "papers", "base")
    )
    own = [*bundles, *papers]
    return [*itertools.combinations(own, 2), *itertools.product(own, bases)]


def test_a_repetition_is_found() -> None:
    lines = [f"{k}: {k}" for k in "abcdefg"]
    assert repeated(lines, ["x: 1", *lines[1:6], "y: 2"]) == [tuple(lines[1:6])]
    assert not repeated(lines, ["x: 1", *lines[1:5], "y: 2"])


def test_every_file_is_looked_at() -> None:
    assert all(meaningful(path) for pair in pairs() for path in pair)
    assert len({path for pair in pairs() for path in pair}) > 20


def test_no_repeats() -> None:
    found = {
        (one.name, other.name): runs
        for one, other in pairs()
        if (runs := repeated(meaningful(one), meaningful(other)))
    }
    assert not found
