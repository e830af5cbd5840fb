"""What a run of predictions has done so far, so that it can be gone on with."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from mritumor.data.inputs import InputCase
from mritumor.errors import InputError
from mritumor.inference.cases import Case, PictureCase
from mritumor.inference.saving import CSV, write_csv

LEDGER, RESULTS = "run.json", "predictions.json"


class Ledger:
    """Results of a run, written after each case.

    ``predictions.json`` is the list of results; ``run.json`` what `resume` needs: the
    settings, and of each finished case its inputs and lines of ``predictions.csv``.

    Args:
        folder: of the results; made when missing.
        settings: what a result depends on.
        resume: take over what an earlier run with the same settings finished.

    Raises:
        InputError: `resume`, and the earlier run had other settings.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], resume: bool) -> None:
        self.folder = folder
        self.settings = settings
        self.results: list[dict[str, Any]] = []
        self._done: dict[str, dict[str, Any]] = {}
        self._earlier: dict[str, dict[str, Any]] = {}
        self._earlier_results: dict[str, dict[str, Any]] = {}
        if resume:
            self._read()

    def finished(self, case: Case) -> dict[str, Any] | None:
        """Return the earlier result of a case whose inputs have not changed since."""
        entry = self._earlier.get(case.name)
        if entry is None or entry["inputs"] != fingerprint(case):
            return None
        result = self._earlier_results.get(case.name)
        if result is None or not all(map(_is_there, result.get("files", []))):
            return None
        return result

    def keep(self, case: Case, result: dict[str, Any]) -> None:
        """Take over an earlier result."""
        self.add(case, result, self._earlier[case.name]["rows"])

    def add(
        self, case: Case, result: dict[str, Any], rows: list[dict[str, str]]
    ) -> None:
        """Take in a result, and write everything."""
        self.results.append(result)
        if "problem" not in result:
            self._done[case.name] = {"inputs": fingerprint(case), "rows": rows}
        self.write()

    def write(self) -> None:
        """Write the three files, each in one step."""
        _write(self.folder / RESULTS, self.results)
        document = {"settings": self.settings, "cases": self._done}
        _write(self.folder / LEDGER, document)
        rows = [row for entry in self._done.values() for row in entry["rows"]]
        if rows:
            write_csv(self.folder / CSV, rows)

    def _read(self) -> None:
        path = self.folder / LEDGER
        if not path.is_file():
            return
        try:
            document = json.loads(path.read_text("utf-8"))
            results = json.loads((self.folder / RESULTS).read_text("utf-8"))
            other, self._earlier = document["settings"], document["cases"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"what the earlier run did cannot be read: {error}",
                where=path,
                remedy="start anew, without --resume",
            ) from None
        changed = [
            f"{key}: {other.get(key)!r} before, {self.settings.get(key)!r} now"
            for key in sorted({*other, *self.settings})
            if other.get(key) != self.settings.get(key)
        ]
        if changed:
            raise InputError(
                "the earlier run had other settings",
                where=self.folder,
                got="; ".join(changed),
                remedy="give the same settings, another --out, or leave --resume out",
            )
        self._earlier_results = {r["case"]: r for r in results if "problem" not in r}


def fingerprint(case: Case) -> str:
    """Return a hash that changes with a case's files: names, sizes, times."""
    if isinstance(case, PictureCase):
        files = list(case.pictures)
    elif isinstance(case, InputCase):
        files = list(case.files.values())
    else:
        # By what the images are: a DICOM tree may be unpacked elsewhere every time.
        uids = sorted(f.uid for series in case.study.series for f in series.frames)
        return hashlib.sha256(repr(uids).encode()).hexdigest()
    facts = []
    for file in files:
        state = file.stat() if file.exists() else None
        facts.append((str(file), state and (state.st_size, state.st_mtime_ns)))
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def _is_there(path: str) -> bool:
    return Path(path).exists()


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    unfinished.replace(path)
