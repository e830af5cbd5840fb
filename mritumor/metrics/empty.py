"""What is scored where a mask is empty."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, get_args

from mritumor.errors import InputError, did_you_mean

EmptyPolicy: TypeAlias = Literal["one", "zero", "nan", "skip"]
"""What a ratio 0/0 scores, as Dice does when reference and prediction are empty.

- ``one``: it is right that nothing was found: the best score.
- ``zero``: the worst score.
- ``nan``: undefined: not in the mean, but counted as undefined.
- ``skip``: undefined wherever the *reference* is empty, even if something was predicted.
  Then false alarms on healthy images go unseen: this is what MONAI's
  ``ignore_empty=True`` does.

An empty prediction of a tumour is never undefined: it scores 0.
"""

_VALUES = {"one": 1.0, "zero": 0.0, "nan": math.nan, "skip": math.nan}


def check_policy(empty: str) -> None:
    """Refuse a word that is no `EmptyPolicy`.

    Raises:
        InputError: names the words there are.
    """
    if empty not in _VALUES:
        raise InputError(
            "unknown policy for empty masks",
            where="empty",
            got=repr(empty),
            expected=", ".join(get_args(EmptyPolicy)),
            remedy=did_you_mean(str(empty), _VALUES),
        )


def ratio(
    numerator: float, denominator: float, reference: float, empty: EmptyPolicy
) -> float:
    """Return ``numerator / denominator``, or what the policy gives for 0/0.

    Args:
        numerator: from 0 to the denominator.
        denominator: from 0.
        reference: size of the reference, for ``skip``.
        empty: the policy.

    Raises:
        InputError: an unknown policy.
    """
    check_policy(empty)
    if empty == "skip" and reference == 0:
        return math.nan
    return numerator / denominator if denominator else _VALUES[empty]
