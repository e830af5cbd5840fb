"""A raw data set to a folder that a bundle takes as its ``dataset_dir``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mritumor.data.datalist import SECTIONS, write_datalist
from mritumor.data.inputs import DATALIST
from mritumor.data.sources import source
from mritumor.data.splits_schemes import Plan, check_scheme, make_split
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
        split: name of a split in `mritumor.data.splits_schemes.SCHEMES`, None for
            the set's own: by patient at random, of class folders without duplicates.
        overwrite: write into a folder that holds other things; files of the same
            name are replaced, nothing else is touched.
        keep_ids: DICOM: name patients by their ids and not by pseudonyms.
    """

    seed: int = 0
    folds: int = 5
    val_fraction: float = 0.15
    test_fraction: float = 0.15
    labels: str | None = None
    allow_missing: bool = False
    split: str | None = None
    overwrite: bool = False
    keep_ids: bool = False


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
        InputError: no such set, folder or split, `out` holds other things, or no
            case at all is usable.
        LeakageError: the split would have one patient or image on two sides.
    """
    chosen = options or Options()
    module = source(name)
    plan = _plan(module, chosen)
    raw, out = Path(raw), Path(out)
    if not raw.is_dir():
        raise InputError("there is no such folder", where=raw)
    _check_free(raw, out, module.NAME, chosen.overwrite)
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
    if join := getattr(module, "join_items", None):
        items = join(items, report.notes)
    split = make_split(items, plan)
    report.notes += split.notes
    described = _described(module, raw, chosen)
    report.datalist = write_datalist(
        out / DATALIST, sections=split.sections, **{**described, **split.facts}
    )
    report.cases = {name: len(split.sections.get(name, [])) for name in SECTIONS}
    return report


def _usable(
    outcomes: Iterable[tuple[str, Item | MRITumorError]], report: Report
) -> Iterator[Item]:
    for _, outcome in outcomes:
        if isinstance(outcome, MRITumorError):
            report.failures.append(str(outcome))
        else:
            yield outcome


def _plan(module: Any, options: Options) -> Plan:
    plan = Plan(
        scheme=options.split or str(getattr(module, "DEFAULT_SPLIT", "random")),
        seed=options.seed,
        folds=options.folds,
        val_fraction=options.val_fraction,
        test_fraction=options.test_fraction,
        stratify=STRATIFY,
        classes=getattr(module, "STRATIFY_CLASS", None),
        total=getattr(module, "TOTAL", False),
    )
    check_scheme(plan.scheme)
    return plan


def _described(module: Any, raw: Path, options: Options) -> dict[str, Any]:
    """Return what stands at the datalist's top: the set's constants or its own say."""
    describe = getattr(module, "describe", None)
    own = describe(raw, options) if describe else {}
    return {
        "name": module.NAME,
        "description": module.DESCRIPTION,
        "modalities": own.pop("modalities", None) or module.MODALITIES,
        "labels": own.pop("labels", None) or module.LABELS,
        "seed": options.seed,
        **module.FACTS,
        **own,
    }


def _check_free(raw: Path, out: Path, name: str, overwrite: bool) -> None:
    """Refuse a folder in `raw`, or one with other things than an earlier result."""
    if raw.resolve() in (out.resolve(), *out.resolve().parents):
        raise InputError(
            "the result would lie inside the raw data, which are never changed",
            where=out,
            remedy="give a folder elsewhere with --out",
        )
    if out.is_file():
        raise InputError("this is a file", where=out, expected="a folder")
    if overwrite or not out.exists() or not any(out.iterdir()):
        return
    if (out / DATALIST).is_file() and f'"name": "{name}"' in (out / DATALIST).read_text(
        "utf-8"
    ):
        return
    raise InputError(
        "this folder is not empty and holds no earlier preparation of this set",
        where=out,
        remedy="give a new folder with --out, or --overwrite to write into this one",
    )
