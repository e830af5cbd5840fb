"""The audit as one HTML page that needs nothing else: no network, no other file."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from PIL import Image

from mritumor.data.audit.findings import Finding, count_kinds
from mritumor.data.audit.report import AuditReport
from mritumor.data.audit.thumbs import Thumb
from mritumor.types import PathLike

PER_KIND = 40
PER_FINDING = 6

STYLE = """
:root { color-scheme: light dark; --line: #8886; --error: #c0392b; --warning: #b9770e;
  --note: #2471a3 }
@media (prefers-color-scheme: dark) {
  :root { --error: #ff7b6b; --warning: #f5b041; --note: #5dade2 } }
body { font: 15px/1.45 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto;
  padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto }
td, th { border-bottom: 1px solid var(--line); padding: .25rem .8rem .25rem 0;
  text-align: left; vertical-align: top }
article { border-left: 4px solid var(--line); padding: .2rem 0 .2rem .8rem;
  margin: .8rem 0; overflow-wrap: anywhere }
.error { border-color: var(--error) } .warning { border-color: var(--warning) }
.note { border-color: var(--note) }
b.error { color: var(--error) } b.warning { color: var(--warning) }
b.note { color: var(--note) }
figure { display: inline-block; margin: .4rem .6rem .2rem 0; max-width: 19rem }
figure img { height: 96px; background: #000; image-rendering: pixelated }
figcaption { font-size: 12px; opacity: .75; overflow-wrap: anywhere; max-width: 14rem }
summary { cursor: pointer; font-weight: 600; margin: .6rem 0 }
pre { overflow-x: auto; font-size: 12px }
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
    counts = ", ".join(f"{n} {name}s" for name, n in report.counts.items())
    yield f"<p>{len(report.names)} items, {counts}. {escape(str(report.root))}</p>"
    kinds = count_kinds(report.findings)
    if not kinds:
        yield "<p>Nothing was found.</p>"
    for severity, kind in kinds:
        own = [f for f in report.findings if (f.severity, f.kind) == (severity, kind)]
        yield from _kind(severity, kind, own, report)
    if report.baselines:
        yield "<h2>Without learning</h2>" + _baselines(report)
    yield "<h2>Fingerprint</h2>" + _fingerprint(report)


def _kind(
    severity: str, kind: str, own: Sequence[Finding], report: AuditReport
) -> Iterator[str]:
    yield (
        f'<details open><summary><b class="{severity}">{severity}</b> '
        f"{escape(kind)}: {len(own)}</summary>"
    )
    for finding in own[:PER_KIND]:
        yield f'<article class="{severity}"><b>{escape(finding.where)}</b><br>'
        yield f"{escape(finding.sentence)}<br>"
        for number in finding.items[:PER_FINDING]:
            yield _figure(number, report)
        yield "</article>"
    if len(own) > PER_KIND:
        yield f"<p>and {len(own) - PER_KIND} more, all in the JSON report</p>"
    yield "</details>"


def _figure(number: int, report: AuditReport) -> str:
    thumb = report.thumbs.get(number)
    if thumb is None:
        return ""
    name = escape(report.names[number])
    return (
        f'<figure><img alt="{name}" src="data:image/png;base64,{_png(thumb)}">'
        f"<figcaption>{name}</figcaption></figure>"
    )


def _png(thumb: Thumb) -> str:
    buffer = io.BytesIO()
    Image.fromarray(thumb).save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _baselines(report: AuditReport) -> str:
    splits = list(dict.fromkeys(s for row in report.baselines.values() for s in row))
    head = "".join(f"<th>{escape(word)}</th>" for word in ("", *splits))
    rows = [
        f"<tr><th>{escape(name)}</th>"
        + "".join(f"<td>{f'{row[s]:.3f}' if s in row else ''}</td>" for s in splits)
        + "</tr>"
        for name, row in report.baselines.items()
    ]
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _fingerprint(report: AuditReport) -> str:
    sections = list(report.fingerprint)
    keys = dict.fromkeys(k for part in report.fingerprint.values() for k in part)
    head = "".join(f"<th>{escape(word)}</th>" for word in ("", *sections))
    rows = []
    for key in keys:
        cells = "".join(
            f"<td>{_value(report.fingerprint[s].get(key))}</td>" for s in sections
        )
        rows.append(f"<tr><th>{escape(key)}</th>{cells}</tr>")
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _value(value: object) -> str:
    if not isinstance(value, dict):
        return escape(str(value))
    lines = [
        f"{k}: {json.dumps(v) if isinstance(v, dict) else v}" for k, v in value.items()
    ]
    return "<br>".join(escape(line) for line in lines)
