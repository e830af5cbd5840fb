"""The audit from end to end: open every file once, then compare."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from mritumor.data.audit.duplicates import exact_duplicates, near_duplicates
from mritumor.data.audit.facts import Facts, examine
from mritumor.data.audit.findings import Finding, in_order
from mritumor.data.audit.fingerprint import fingerprint
from mritumor.data.audit.leaks import leaks
from mritumor.data.audit.outlines import empty_outlines
from mritumor.data.audit.records import DataSet, read_data_set
from mritumor.data.audit.report import AuditReport
from mritumor.data.audit.shortcuts import baselines
from mritumor.data.audit.suspicions import shortcut_findings
from mritumor.data.near_copies import NEAR
from mritumor.errors import InputError
from mritumor.types import PathLike

MOST_WORKERS = 8


@dataclass(frozen=True)
class AuditOptions:
    """What the user chose.

    Attributes:
        near_threshold: least correlation of the fine detail of two thumbnails that
            makes them near duplicates, 0.5 < · ≤ 1. Neighbouring slices of a patient
            reach 0.94, recompressed and resized copies stay above 0.98.
        flips: look for mirrored copies too.
        baselines: try the baselines that learn nothing.
        seed: of their random splits.
        workers: threads that read files; None for one per core, at most 8.

    Raises:
        InputError: a value out of range.
    """

    near_threshold: float = NEAR
    flips: bool = True
    baselines: bool = True
    seed: int = 0
    workers: int | None = None

    def __post_init__(self) -> None:
        if not 0.5 < self.near_threshold <= 1:
            raise InputError(
                "the threshold of near duplicates is out of range",
                where="near_threshold",
                got=self.near_threshold,
                expected="more than 0.5, at most 1",
            )
        if self.workers is not None and self.workers < 1:
            raise InputError("no worker is left", where="workers", got=self.workers)


def audit(
    path: PathLike,
    options: AuditOptions | None = None,
    watch: Callable[[Iterable[Any], int], Iterable[Any]] = lambda items, total: items,
) -> AuditReport:
    """Look for what is wrong with a data set; nothing in it is changed.

    Args:
        path: a datalist, the folder of one, or a plain folder of images.
        options: thresholds.
        watch: wraps the items and their number to show progress.

    Returns:
        The report.

    Raises:
        InputError: nothing there, or no datalist and no image.
    """
    chosen = options or AuditOptions()
    began = time.perf_counter()
    data_set = read_data_set(path)
    facts = list(watch(examined(data_set, chosen.workers), len(data_set.records)))
    figures = baselines(facts, chosen.seed) if chosen.baselines else {}
    findings = in_order([*_findings(facts, chosen), *shortcut_findings(figures, facts)])
    named = {number for finding in findings for number in finding.items}
    return AuditReport(
        root=data_set.root,
        name=data_set.name,
        names=[record.name for record in data_set.records],
        findings=findings,
        fingerprint=fingerprint(facts),
        baselines=figures,
        seconds=time.perf_counter() - began,
        thumbs={n: t for n in sorted(named) if (t := facts[n].thumb) is not None},
    )


def examined(data_set: DataSet, workers: int | None) -> Iterator[Facts]:
    """Yield the facts of all items in order; decoding and hashing free the threads.

    Args:
        data_set: whose files are opened, each once.
        workers: threads; None for one per core, at most 8.
    """
    count = workers or min(MOST_WORKERS, os.cpu_count() or 1)
    pool = ThreadPoolExecutor(count)
    try:
        yield from pool.map(lambda record: examine(record, data_set), data_set.records)
    finally:
        # An interrupted audit must not read the rest first.
        pool.shutdown(cancel_futures=True)


def _findings(facts: Sequence[Facts], chosen: AuditOptions) -> Iterator[Finding]:
    records = [item.record for item in facts]
    for item in facts:
        yield from item.findings
    yield from empty_outlines(records, [item.values for item in facts])
    yield from leaks(records)
    yield from exact_duplicates(facts)
    yield from near_duplicates(facts, chosen.near_threshold, chosen.flips)
    if any(r.klass is not None and r.patient is None for r in records):
        yield Finding(
            "note",
            "no-patients",
            "data set",
            "no patient ids: only copies can show that a patient is on both sides",
        )
