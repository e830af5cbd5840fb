"""Ask all consumers about bundles, each in the interpreter that has it installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from mritumor.errors import BundleError, InputError, did_you_mean
from mritumor.export.consumers.catalogue import (
    BY_NAME,
    CHECKS,
    DEPLOY,
    MONAI_LABEL,
    NEEDS,
    PROJECT,
    Check,
)
from mritumor.export.consumers.outcome import ABSENT, FAIL, PASS, SKIPPED, Outcome

PREPARE = "prepare"


def check_bundles(
    bundles: Sequence[Path],
    train: bool = False,
    names: Sequence[str] = (),
    pythons: Mapping[str, Path] | None = None,
    jobs: int = 1,
    patience: float = 1.0,
    watch: Callable[[Outcome], None] = lambda outcome: None,
    keep: Path | None = None,
) -> list[Outcome]:
    """Return one outcome for each check of each bundle, in the order of the table.

    Args:
        bundles: bundle folders; only read.
        train: also run the checks that train.
        names: checks to run, by the start of their names; default all.
        pythons: interpreter of ``monailabel`` and ``deploy``; default `find_pythons`.
        jobs: how many environments work at a time.
        patience: factor on all time limits.
        watch: called with each outcome as it comes.
        keep: a folder for copies, data and logs; default one that is removed.

    Raises:
        BundleError: a folder that is no bundle, or two of the same name.
        InputError: no such check.
    """
    folders = _folders(bundles)
    chosen = _chosen(names)
    pythons = {**find_pythons(), **(pythons or {})}
    found: list[Outcome] = []
    lock = Lock()

    def note(outcome: Outcome) -> None:
        with lock:
            found.append(outcome)
        watch(outcome)

    with tempfile.TemporaryDirectory(prefix="bundle-check-") as scratch:
        job = {"folder": str(keep or scratch), "train": train, "patience": patience}
        ready, broken = _prepare(folders, job)
        for bundle, reason in broken.items():
            for check in chosen:
                note(Outcome(check.name, bundle, FAIL, reason))
        todo = [_job(e, chosen, ready, job) for e in (PROJECT, MONAI_LABEL, DEPLOY)]
        with ThreadPoolExecutor(max_workers=jobs) as pool:
            for outcomes in pool.map(lambda j: list(_ask(j, pythons, note)), todo):
                del outcomes  # noted as they came
    order = {check.name: i for i, check in enumerate(CHECKS)}
    columns = [folder.name for folder in folders]
    return sorted(found, key=lambda o: (columns.index(o.bundle), order[o.check]))


def find_pythons() -> dict[str, Path]:
    """Return the interpreter of each environment that is there.

    ``make test-consumers`` puts those of MONAI Label and Deploy beside the project's;
    where they are installed into the project's own, that one serves.
    """
    pythons = {PROJECT: Path(sys.executable)}
    for name in (MONAI_LABEL, DEPLOY):
        own = Path(sys.prefix) / "consumers" / name / "bin/python"
        if own.is_file():
            pythons[name] = own
        elif find_spec(NEEDS[name].split(".")[0]) and _importable(NEEDS[name]):
            pythons[name] = Path(sys.executable)
    return pythons


def _importable(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:
        return False


def _folders(bundles: Sequence[Path]) -> list[Path]:
    folders = [Path(bundle).resolve() for bundle in bundles]
    for folder in folders:
        if not (folder / "configs").is_dir():
            raise BundleError(
                "this folder is no bundle: it has no configs", where=folder
            )
    if len({folder.name for folder in folders}) < len(folders):
        raise BundleError("two bundles have the same name", got=str(folders))
    return folders


def _chosen(names: Sequence[str]) -> list[Check]:
    for name in names:
        if not any(check.name.startswith(name) for check in CHECKS):
            raise InputError(
                "there is no such check",
                got=name,
                expected="the start of: " + ", ".join(BY_NAME),
                remedy=did_you_mean(name, BY_NAME),
            )
    return [c for c in CHECKS if not names or any(map(c.name.startswith, names))]


def _prepare(
    folders: list[Path], job: dict[str, Any]
) -> tuple[list[Path], dict[str, str]]:
    todo = {**job, "environment": PROJECT, "checks": [PREPARE]}
    todo["bundles"] = [str(folder) for folder in folders]
    outcomes = list(_child(Path(sys.executable), todo))
    broken = {o.bundle: o.reason for o in outcomes if o.status != PASS}
    return [folder for folder in folders if folder.name not in broken], broken


def _job(
    environment: str, checks: list[Check], bundles: list[Path], job: dict[str, Any]
) -> dict[str, Any]:
    here = [c for c in checks if c.environment == environment]
    return {
        **job,
        "environment": environment,
        "bundles": [str(bundle) for bundle in bundles],
        "checks": [c.name for c in here if job["train"] or not c.trains],
        "skipped": [c.name for c in here if not job["train"] and c.trains],
    }


def _ask(
    job: dict[str, Any], pythons: Mapping[str, Path], note: Callable[[Outcome], None]
) -> Iterator[Outcome]:
    names = [Path(bundle).name for bundle in job["bundles"]]
    for bundle in names:
        for check in job["skipped"]:
            note(Outcome(check, bundle, SKIPPED, "give --train"))
    python = pythons.get(job["environment"])
    if python is None:
        for bundle in names:
            for check in job["checks"]:
                note(Outcome(check, bundle, ABSENT, "see make test-consumers"))
    elif job["checks"]:
        for outcome in _child(python, job):
            note(outcome)
            yield outcome


def _child(python: Path, job: dict[str, Any]) -> Iterator[Outcome]:
    """Start the interpreter and yield what it finds; whatever it fails to, failed."""
    folder = Path(job["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"job_{job['environment']}_{job['checks'][0][:8]}.json"
    file.write_text(json.dumps(job), encoding="utf-8")
    command = [str(python), "-m", "mritumor.export.consumers.child", str(file)]
    missing = {
        (check, Path(bundle).name)
        for bundle in job["bundles"]
        for check in job["checks"]
    }
    log = file.with_suffix(".log")
    environment = {**os.environ, "CUDA_MODULE_LOADING": "LAZY"}
    with log.open("w", encoding="utf-8") as errors, subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.startswith("{"):
                    outcome = Outcome(**json.loads(line))
                    missing.discard((outcome.check, outcome.bundle))
                    yield outcome
        except BaseException:  # also Ctrl+C, and a caller that wants no more
            process.kill()  # its forks see that and end
            raise
    last = (log.read_text(encoding="utf-8").strip().splitlines() or ["no message"])[-1]
    for check, bundle in sorted(missing):
        yield Outcome(check, bundle, FAIL, f"the interpreter ended early: {last}")
