"""A raw data set to a folder that a bundle takes as its ``dataset_dir``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mritumor.data.datalist import read_datalist, write_datalist
from mritumor.data.inputs import DATALIST
from mritumor.data.sources import source
from mritumor.data.splits import assign_folds, split_patients
from mritumor.errors import InputError, MRITumorError
from mritumor.types import Item, PathLike

STRATIFY = "tumour_voxels"


@dataclass(frozen=True)
class Options:
    """What the user chose.

    Attributes:
        seed: of split and folds.
        folds: number of cross-validation folds; 0 for none.
        val_fraction: share of the patients for validation.
        test_fraction: share of the patients for testing.
        labels: name of a label convention, None to detect it.
        allow_missing: take cases with a sequence missing.
    """

    seed: int = 0
    folds: int = 5
    val_fraction: float = 0.15
    test_fraction: float = 0.15
    labels: str | None = None
    allow_missing: bool = False


@dataclass
class Report:
    """What `prepare` did.

    Attributes:
        datalist: the file written.
        cases: usable cases per section.
        failures: one sentence for each case left out.
        notes: what a user should know of the set, such as its label convention.
    """

    datalist: Path | None = None
    cases: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def prepare(
    name: str,
    raw: PathLike,
    out: PathLike,
    options: Options | None = None,
    watch: Callable[[Iterable[Any]], Iterable[Any]] = iter,
) -> Report:
    """Prepare a data set.

    Args:
        name: of a set in `mritumor.data.sources.SOURCES`.
        raw: the folder as it was downloaded; never changed.
        out: folder for ``datalist.json`` and whatever must be converted.
        options: split, labels, missing sequences.
        watch: wraps the cases to show progress, such as ``tqdm``.

    Returns:
        A report; a case that cannot be read is named there and left out.

    Raises:
        InputError: no such set or folder, `out` holds other things, or no case at all
            is usable.
    """
    chosen = options or Options()
    module = source(name)
    raw, out = Path(raw), Path(out)
    if not raw.is_dir():
        raise InputError("there is no such folder", where=raw)
    _check_free(raw, out, module.NAME)
    report = Report()
    items = list(
        _usable(watch(module.prepare_cases(raw, out, chosen, report.notes)), report)
    )
    if not items:
        more = (
            f"; the first of {len(report.failures)}: {report.failures[0]}"
            if report.failures
            else ""
        )
        raise InputError(f"no usable case{more}", where=raw)
    report.datalist = _write(module, items, out / DATALIST, chosen)
    for section in ("training", "validation", "testing"):
        report.cases[section] = len(read_datalist(report.datalist, section))
    return report


def _usable(
    outcomes: Iterable[tuple[str, Item | MRITumorError]], report: Report
) -> Iterator[Item]:
    for _, outcome in outcomes:
        if isinstance(outcome, MRITumorError):
            report.failures.append(str(outcome))
        else:
            yield outcome


def _write(module: Any, items: list[Item], path: Path, options: Options) -> Path:
    patients = {item["patient"] for item in items}
    if len(patients) >= 3:
        sections = split_patients(
            items,
            options.val_fraction,
            options.test_fraction,
            options.seed,
            stratify=STRATIFY,
        )
    else:
        sections = {"testing": items}
    if options.folds >= 2 and len(patients) >= options.folds:
        folded = assign_folds(items, options.folds, options.seed, stratify=STRATIFY)
        fold = {item["patient"]: item["fold"] for item in folded}
        sections = {
            name: [{**item, "fold": fold[item["patient"]]} for item in part]
            for name, part in sections.items()
        }
    return write_datalist(
        path,
        name=module.NAME,
        description=module.DESCRIPTION,
        modalities=module.MODALITIES,
        labels=module.LABELS,
        sections=sections,
        seed=options.seed,
        **module.FACTS,
    )


def _check_free(raw: Path, out: Path, name: str) -> None:
    """Refuse a folder in `raw`, or one with other things than an earlier result."""
    if raw.resolve() in (out.resolve(), *out.resolve().parents):
        raise InputError(
            "the result would lie inside the raw data, which are never changed",
            where=out,
            remedy="give a folder elsewhere with --out",
        )
    if out.is_file():
        raise InputError("this is a file", where=out, expected="a folder")
    if not out.exists() or not any(out.iterdir()):
        return
    if (out / DATALIST).is_file() and f'"name": "{name}"' in (out / DATALIST).read_text(
        "utf-8"
    ):
        return
    raise InputError(
        "this folder is not empty and holds no earlier preparation of this set",
        where=out,
        remedy="give a new folder with --out",
    )
