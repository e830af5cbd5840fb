"""The audit as one HTML page that needs nothing else: no network, no other file."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from PIL import Image

from mritumor.data.audit.findings import Finding, count_kinds
from mritumor.data.audit.meanings import MEANINGS
from mritumor.data.audit.report import AuditReport
from mritumor.data.audit.thumbs import Thumb
from mritumor.types import PathLike

PER_KIND = 40
PER_FINDING = 6
NAMES = {
    "shapes": "size, voxels",
    "spacings_mm": "spacing, mm",
    "intensities": "intensities, percentiles",
    "label_values": "items with each label value",
    "tumour_mm3": "tumour, mm³ (pictures: pixels)",
    "empty_labels": "items without outline of anything",
}

STYLE = """
:root { color-scheme: light dark; --line: #8886; --soft: #8881; --error: #b03020;
  --warning: #8a5a00; --note: #1f5f8b }
@media (prefers-color-scheme: dark) {
  :root { --error: #ff8a7a; --warning: #f5b041; --note: #6db8ec } }
* { box-sizing: border-box }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 80rem; margin: 1.5rem auto;
  padding: 0 1rem; overflow-wrap: anywhere }
h1 { font-size: 1.6rem; line-height: 1.2 } h2 { font-size: 1.2rem; margin-top: 2rem }
a { color: inherit }
.verdict { border: 1px solid; border-left-width: 6px; border-radius: 6px;
  padding: .6rem .9rem; font-size: 1.05rem }
.scroll { overflow-x: auto }
table { border-collapse: collapse; margin: .6rem 0; overflow-wrap: normal }
td, th { border-bottom: 1px solid var(--line); padding: .3rem 1rem .3rem 0;
  text-align: left; vertical-align: top; font-weight: 400 }
thead th { font-weight: 600; border-bottom-width: 2px }
.number { text-align: right; font-variant-numeric: tabular-nums }
.error { color: var(--error) } .warning { color: var(--warning) }
.note { color: var(--note) }
.quiet { opacity: .75; font-size: .87rem }
.cards { display: grid; gap: .8rem;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)) }
article { border: 1px solid var(--line); border-radius: 6px; background: var(--soft);
  padding: .6rem .8rem; font-size: .93rem }
article p { margin: 0 0 .5rem }
.pictures { display: flex; flex-wrap: wrap; gap: .6rem }
figure { margin: 0; width: 6.8rem } figure.wide { width: 18rem; max-width: 100% }
figure img { width: 100%; display: block; background: #000; border-radius: 3px;
  image-rendering: pixelated }
figcaption { font-size: .75rem; line-height: 1.3; margin-top: .2rem }
summary { cursor: pointer; font-weight: 600; font-size: 1.05rem; margin: 1.2rem 0 .3rem }
"""


def write_page(report: AuditReport, path: PathLike) -> Path:
    """Write the page; its folder is made.

    Args:
        report: of the audit.
        path: of the file.

    Returns:
        The path written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html_page(report), encoding="utf-8")
    return path


def html_page(report: AuditReport) -> str:
    """Return the page: counts, findings with thumbnails, baselines, fingerprint."""
    title = escape(f"Audit of {report.name}")
    body = "\n".join(_body(report))
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title><style>{STYLE}</style></head>\n"
        f"<body><h1>{title}</h1>\n{body}\n</body></html>\n"
    )


def _body(report: AuditReport) -> Iterator[str]:
    yield (
        f'<p class="quiet">{len(report.names)} items in {escape(str(report.root))}, '
        f"looked at in {report.seconds:.0f} s</p>"
    )
    yield _verdict(report)
    kinds = count_kinds(report.findings)
    if kinds:
        yield _summary(kinds)
    if report.baselines:
        yield "<h2>What needs no learning</h2><p>What the nearest training image "
        yield "reaches by its class or its outline alone. A network that is no better "
        yield f"has shown nothing.</p>{_baselines(report)}"
    if kinds:
        yield "<h2>Findings</h2>"
    for severity, kind in kinds:
        own = [f for f in report.findings if (f.severity, f.kind) == (severity, kind)]
        yield from _kind(severity, kind, own, report)
    yield "<h2>What the set is like</h2>" + _fingerprint(report)


def _verdict(report: AuditReport) -> str:
    worst = next((name for name, n in report.counts.items() if n), "")
    words = {
        "error": "Something must be fixed before anyone trains on this.",
        "warning": "Nothing must be fixed; something should be looked at.",
        "note": "Nothing must be fixed.",
        "": "Nothing was found.",
    }
    counts = ", ".join(
        f"{n} {name}{'' if n == 1 else 's'}" for name, n in report.counts.items()
    )
    return f'<p class="verdict {worst}"><b>{words[worst]}</b> {counts}.</p>'


def _summary(kinds: Mapping[tuple[str, str], int]) -> str:
    rows = [
        f'<tr><th class="{severity}">{severity}</th>'
        f'<td><a href="#{severity}-{kind}">{escape(kind)}</a></td>'
        f'<td class="number">{n}</td><td>{escape(MEANINGS.get(kind, ""))}</td></tr>'
        for (severity, kind), n in kinds.items()
    ]
    return _table(("", "kind", "findings", "what it means"), rows)


def _table(head: Sequence[str], rows: Sequence[str]) -> str:
    cells = "".join(f"<th>{escape(word)}</th>" for word in head)
    return (
        f'<div class="scroll"><table><thead><tr>{cells}</tr></thead>'
        f"{''.join(rows)}</table></div>"
    )


def _kind(
    severity: str, kind: str, own: Sequence[Finding], report: AuditReport
) -> Iterator[str]:
    open_ = "" if severity == "note" else " open"
    yield (
        f'<details{open_} id="{severity}-{kind}"><summary><span class="{severity}">'
        f"{severity}</span> {escape(kind)}: {len(own)}</summary>"
        f'<p class="quiet">{escape(MEANINGS.get(kind, ""))}</p><div class="cards">'
    )
    for finding in own[:PER_KIND]:
        yield _card(finding, report)
    yield "</div>"
    if len(own) > PER_KIND:
        yield f"<p>and {len(own) - PER_KIND} more, all in the JSON report</p>"
    yield "</details>"


def _card(finding: Finding, report: AuditReport) -> str:
    """Return one finding; its place only where the sentence does not name it."""
    place = ""
    if finding.where not in finding.sentence:
        place = f"<b>{escape(finding.where)}</b><br>"
    figures = "".join(_figure(n, report) for n in finding.items[:PER_FINDING])
    pictures = f'<div class="pictures">{figures}</div>' if figures else ""
    return f"<article><p>{place}{escape(finding.sentence)}</p>{pictures}</article>"


def _figure(number: int, report: AuditReport) -> str:
    thumb = report.thumbs.get(number)
    if thumb is None:
        return ""
    name = report.names[number]
    short = "/".join(Path(name).parts[-3:])
    kind = ' class="wide"' if thumb.shape[1] > 2 * thumb.shape[0] else ""
    return (
        f'<figure{kind}><img alt="{escape(name)}" '
        f'src="data:image/png;base64,{_png(thumb)}">'
        f"<figcaption>{escape(short)}</figcaption></figure>"
    )


def _png(thumb: Thumb) -> str:
    buffer = io.BytesIO()
    Image.fromarray(thumb).save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _baselines(report: AuditReport) -> str:
    splits = list(dict.fromkeys(s for row in report.baselines.values() for s in row))
    rows = [
        f"<tr><th>{escape(name)}</th>"
        + "".join(
            f'<td class="number">{f"{row[s]:.3f}" if s in row else ""}</td>'
            for s in splits
        )
        + "</tr>"
        for name, row in report.baselines.items()
    ]
    return _table(("", *splits), rows)


def _fingerprint(report: AuditReport) -> str:
    sections = list(report.fingerprint)
    keys = dict.fromkeys(k for part in report.fingerprint.values() for k in part)
    rows = []
    for key in keys:
        values = [report.fingerprint[s].get(key) for s in sections]
        if not any(values):
            continue  # no sites, no spacings: pictures have none
        cells = "".join(f"<td>{_value(value)}</td>" for value in values)
        rows.append(f"<tr><th>{escape(NAMES.get(key, key))}</th>{cells}</tr>")
    return _table(("", *sections), rows)


def _value(value: object) -> str:
    if not isinstance(value, dict):
        return escape(str(value))
    lines = [f"{k}: {_plain(v)}" for k, v in value.items()]
    return "<br>".join(escape(line) for line in lines)


def _plain(value: object) -> str:
    if not isinstance(value, dict):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return ", ".join(f"{k} {_plain(v)}" for k, v in value.items())
