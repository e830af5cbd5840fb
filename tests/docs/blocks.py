"""Fenced blocks of Markdown pages, and the commands in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "data/README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
SHELL = {"", "sh", "bash", "console", "shell"}
FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)```",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    """A fenced block.

    Attributes:
        page: path from the root.
        line: of the fence, from 1.
        language: after the fence, such as ``python``.
        text: inside.
        run: whether the page says ``<!-- tested: run -->`` above it.
    """

    page: str
    line: int
    language: str
    text: str
    run: bool


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        before = text[: match.start()].rstrip()
        found.append(
            Block(
                page.relative_to(ROOT).as_posix(),
                text.count("\n", 0, match.start()) + 1,
                match["language"],
                re.sub(f"^{match['indent']}", "", match["text"], flags=re.MULTILINE),
                before.endswith("<!-- tested: run -->"),
            )
        )
    return found


def lines_of(text: str) -> Iterator[str]:
    """Give the command lines of a shell block: joined, without prompt and comment."""
    joined = re.sub(r"\\\n\s*", "", text)
    for line in joined.splitlines():
        line = re.sub(r"\s+#\s.*$", "", line.strip()).removeprefix("$ ")
        if line:
            yield line


def commands(program: str) -> list[tuple[str, str]]:
    """Return (place, line) of every command line of a program in all pages."""
    found = []
    for page in PAGES:
        for block in blocks(page):
            if block.language in SHELL:
                found += [
                    (f"{block.page}:{block.line}", line)
                    for line in lines_of(block.text)
                    if line.startswith(program + " ")
                ]
    return found
