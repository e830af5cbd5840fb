"""Templates and what they share: one self-contained HTML file comes out."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
import markupsafe

from mritumor import __version__
from mritumor.overlay import Colour
from mritumor.report.facts import ScoreRow
from mritumor.report.forest import number
from mritumor.report.pixels import CYAN, RED
from mritumor.report.table import table
from mritumor.types import PathLike

TEMPLATES = Path(__file__).parent / "templates"


def write_page(template: str, path: PathLike, **values: Any) -> Path:
    """Render a template into a file.

    Args:
        template: name in the package's folder of templates.
        path: the HTML file.
        values: for the template.

    Returns:
        The path.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    html = (
        environment()
        .get_template(template)
        .render(
            css=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
            version=__version__,
            lines={"border": hex_colour(RED), "truth": hex_colour(CYAN)},
            **values,
        )
    )
    path.write_text(html, encoding="utf-8")
    return path


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    """Return the templates; everything that is not marked safe is escaped."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters.update(
        table=table,
        score=number,
        interval=interval,
        capitalized=capitalized,
        breakable=breakable,
        bracketed=bracketed,
    )
    return made


def interval(row: ScoreRow) -> str:
    """Return the interval of a row, nothing when it has none."""
    if row.low is None or row.high is None:
        return ""
    return f"{number(row.low)} to {number(row.high)}"


def capitalized(text: str) -> str:
    """Return a text with its first letter large, the others as they are."""
    return text[:1].upper() + text[1:]


def breakable(text: str) -> markupsafe.Markup:
    """Return a name that may break after its underscores."""
    return markupsafe.escape(text).replace("_", markupsafe.Markup("_<wbr>"))


def bracketed(text: str) -> markupsafe.Markup:
    """Return a score whose interval stays together on a line."""
    value, _, rest = text.partition(" (")
    return markupsafe.Markup('{} <span class="whole">({}</span>').format(value, rest)


def hex_colour(colour: Colour) -> str:
    """Return an RGB colour in [0, 1] as ``#rrggbb``."""
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)
