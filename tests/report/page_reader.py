"""Reads a report as a browser would, and refuses what needs a network."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

from PIL import Image

VOID = {"meta", "img", "input", "br", "wbr", "link"}


class Page(HTMLParser):
    """A parsed report.

    Attributes:
        text: all words outside of style and script.
        images: decoded pictures of ``<img>``.
        charts: number of ``<svg>`` elements.
        ids: of the elements.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.text = ""
        self.images: list[Image.Image] = []
        self.charts = 0
        self.ids: set[str] = set()
        self.tags: list[str] = []
        self.open: list[str] = []
        source = path.read_text(encoding="utf-8")
        plain = re.sub(r"base64,[A-Za-z0-9+/=]+", "", source)
        assert not re.search(r"(https?:)?//[a-z]", plain), "an address in the page"
        self.feed(source)
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list) -> None:
        values = dict(attrs)
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in values:
            self.ids.add(values["id"])
        self.charts += tag == "svg"
        if tag == "svg":
            assert values["role"] == "img" and values["aria-label"]
        for name, value in values.items():
            if name in ("src", "href", "xlink:href", "action", "srcset"):
                assert value.startswith(("data:", "#")), f"{name}={value}"
        if tag == "img":
            assert "alt" in values
            self._decode(values["src"])

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text += data

    def _decode(self, uri: str) -> None:
        head, data = uri.split(",", 1)
        assert head in ("data:image/png;base64", "data:image/jpeg;base64")
        picture = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
        picture.load()
        self.images.append(picture)
