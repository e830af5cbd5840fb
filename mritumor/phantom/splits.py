"""Which synthetic patients train, validate and test: fixed, whatever their number."""

from __future__ import annotations

from mritumor.errors import InputError

FOLDS = 5


def assign_sections(count: int, validation: float, testing: float) -> list[str]:
    """Give each case a section.

    The first three cases go to training, validation and testing, so that three cases
    make a whole data set; each further one goes where most are lacking. A case's
    section does not depend on how many follow.

    Args:
        count: number of cases.
        validation: wanted fraction, 0 for none.
        testing: wanted fraction, 0 for none.

    Returns:
        A section name per case.

    Raises:
        InputError: fractions outside 0..1 or that leave nothing for training.
    """
    if validation < 0 or testing < 0 or validation + testing >= 1:
        raise InputError(
            "the fractions for validation and testing leave nothing to train on",
            got=f"{validation} and {testing}",
            expected="two numbers from 0 whose sum is below 1",
        )
    wanted = {
        "training": 1 - validation - testing,
        "validation": validation,
        "testing": testing,
    }
    first = [name for name, fraction in wanted.items() if fraction > 0]
    sections: list[str] = []
    for number in range(1, count + 1):
        if number <= len(first):
            sections.append(first[number - 1])
            continue
        lacking = {n: f * number - sections.count(n) for n, f in wanted.items()}
        sections.append(max(first, key=lambda name: lacking[name]))
    return sections


def assign_folds(sections: list[str]) -> list[int | None]:
    """Number the cases outside testing 0, 1, … 4, 0, … for cross-validation."""
    folds: list[int | None] = []
    used = 0
    for section in sections:
        folds.append(None if section == "testing" else used % FOLDS)
        used += section != "testing"
    return folds
