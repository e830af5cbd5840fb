"""A request that cannot be served: a status and one sentence."""

from __future__ import annotations

from pathlib import Path


class Problem(Exception):
    """Told to the client as ``{"detail": sentence}``.

    Args:
        status: of HTTP.
        sentence: what is wrong, and what to do.
    """

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        self.sentence = sentence
        super().__init__(sentence)


def without_paths(sentence: str, folder: Path) -> str:
    """Take the server's own folders out of a sentence, and put it on one line."""
    for path in (folder / "input", folder):
        for told in {str(path), str(path.resolve())}:
            sentence = sentence.replace(f"{told}/", "").replace(told, "upload")
    return " ".join(sentence.split())[:600]
