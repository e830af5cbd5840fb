"""What can go wrong, said in one sentence that helps.

Every error of this package tells *what* is wrong, *where* (file or argument), what
was *got*, what was *expected*, and the *remedy*. The command line prints the sentence
and no traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class MRITumorError(Exception):
    """Base of all errors that this package raises on purpose.

    Args:
        what: what is wrong, as a clause without final stop.
        where: the file, folder, case or argument concerned.
        got: what was found there.
        expected: what should have been there.
        remedy: what the reader can do about it.

    Example:
        >>> str(InputError("a sequence is missing", where="P1", got="t2w",
        ...                expected="t1n and t2w", remedy="add P1_t1n.nii.gz"))
        'P1: a sequence is missing (found t2w; expected t1n and t2w); add P1_t1n.nii.gz'
    """

    def __init__(
        self,
        what: str,
        *,
        where: object = None,
        got: object = None,
        expected: object = None,
        remedy: str | None = None,
    ) -> None:
        self.what = what
        self.where = where
        self.got = got
        self.expected = expected
        self.remedy = remedy
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        facts = []
        if self.got is not None:
            facts.append(f"found {self.got}")
        if self.expected is not None:
            facts.append(f"expected {self.expected}")
        text = f"{self.where}: {self.what}" if self.where is not None else self.what
        if facts:
            text += f" ({'; '.join(facts)})"
        if self.remedy:
            text += f"; {self.remedy}"
        return text


class InputError(MRITumorError):
    """A file or array that the user gave cannot be used."""


class GeometryError(InputError):
    """Grids, orientations or spacings that do not fit together."""


class LabelError(InputError):
    """Label values that are unknown, ambiguous or against their convention."""


class LeakageError(InputError):
    """One patient, or one identical image, on both sides of a split."""


class BundleError(MRITumorError):
    """A bundle folder that is incomplete or contradicts itself."""


class PreflightError(BundleError):
    """A run that would fail or mislead, found before anything was loaded.

    Args:
        problems: one sentence each.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class MissingDependencyError(MRITumorError):
    """An optional package that the called function needs is not installed."""


def first_line(error: BaseException) -> str:
    """Return the first line of an error's words, or its kind where it has none."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a remedy that names the nearest known word, or None if none is near.

    Args:
        word: what was written.
        known: what could have been meant.

    Returns:
        ``"did you mean 'epochs'?"`` or None.
    """
    near = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"did you mean '{near[0]}'?" if near else None
