"""What the documentation's site shows of the command line: every command's help page.

MkDocs calls `on_page_markdown`; see ``mkdocs.yml``.
"""

from __future__ import annotations

import contextlib
import io
import os
from typing import Any

from mritumor.cli.main import COMMANDS, main

PAGE = "reference/commands.md"


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str | None:
    """Append the help pages to the page of commands; leave the others."""
    if page.file.src_uri != PAGE:
        return None
    parts = [markdown]
    for name in ("", *COMMANDS):
        parts.append(f"## mritumor {name}\n\n```text\n{help_page(name)}\n```")
    return "\n\n".join(parts)


def help_page(command: str) -> str:
    """Return what ``mritumor COMMAND --help`` prints, 88 letters wide."""
    said = io.StringIO()
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "88"
    try:
        with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
            main([*command.split(), "--help"])
    finally:
        os.environ.pop("COLUMNS")
        if before is not None:
            os.environ["COLUMNS"] = before
    return said.getvalue().rstrip()
