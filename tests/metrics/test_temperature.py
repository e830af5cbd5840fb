"""Temperature scaling against Guo's own procedure (LBFGS on the likelihood)."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from mritumor.errors import InputError
from mritumor.metrics.calibration import calibration_error
from mritumor.metrics.reliability import reliability_table
from mritumor.metrics.temperature import (
    apply_temperature,
    calibrate,
    fit_temperature,
)


def overconfident(factor: float, n: int = 4000, classes: int = 3, seed: int = 0):
    """Logits whose true temperature is `factor`: labels are drawn from logits/factor."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(0, 2, (n, classes))
    labels = (rng.random(n)[:, None] > softmax(honest, 1).cumsum(1)).sum(1)
    return honest * factor, labels


def by_lbfgs(logits: np.ndarray, labels: np.ndarray) -> float:
    x, y = torch.tensor(logits), torch.tensor(labels)
    temperature = torch.ones(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [temperature],
        max_iter=200,
        tolerance_grad=1e-10,
        tolerance_change=1e-14,
        line_search_fn="strong_wolfe",
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(x / temperature, y)
        loss.backward()
        return loss

    optimizer.step(closure)
    return temperature.item()


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_like_the_paper(factor: float) -> None:
    logits, labels = overconfident(factor)
    found = fit_temperature(logits, labels)
    assert found == pytest.approx(by_lbfgs(logits, labels), rel=1e-4)
    assert found == pytest.approx(factor, rel=0.08)


def test_by_hand() -> None:
    # Three of four right at a logit gap of 6: the best probability is 3/4, gap ln 3.
    logits = np.tile([6.0, 0.0], (4, 1))
    assert fit_temperature(logits, [0, 0, 0, 1]) == pytest.approx(
        6 / np.log(3), rel=1e-4
    )
    facts = calibrate(logits, [0, 0, 0, 1])
    assert facts.ece_before == pytest.approx(1 / (1 + np.exp(-6)) - 0.75, abs=1e-9)
    assert facts.ece_after == pytest.approx(0, abs=1e-4)


def test_calibration_lowers_both_errors() -> None:
    facts = calibrate(*overconfident(4.0))
    assert facts.nll_after < facts.nll_before
    assert facts.ece_after < 0.03 < facts.ece_before
    entry = facts.metadata(abstain_below=0.8)
    assert entry["temperature"] == pytest.approx(facts.temperature, abs=1e-6)
    assert entry["cases"] == 4000 and entry["abstain_below"] == 0.8


def test_sigmoid_logits() -> None:
    logits, labels = overconfident(2.0, classes=2)
    gap = logits[:, 1] - logits[:, 0]
    assert fit_temperature(gap, labels) == pytest.approx(
        fit_temperature(logits, labels), rel=1e-6
    )
    np.testing.assert_allclose(
        apply_temperature(gap[:, None], 2.0)[:, 1], 1 / (1 + np.exp(-gap / 2))
    )


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1000), st.floats(0.2, 5))
def test_classes_never_change(seed: int, temperature: float) -> None:
    logits, labels = overconfident(1.0, n=50, seed=seed)
    probabilities = apply_temperature(logits, temperature)
    np.testing.assert_array_equal(probabilities.argmax(1), logits.argmax(1))
    np.testing.assert_allclose(probabilities.sum(1), 1)
    # Scaling the logits scales the temperature.
    scaled = fit_temperature(logits * 2, labels)
    assert scaled == pytest.approx(2 * fit_temperature(logits, labels), rel=1e-3)


def test_all_right_does_not_make_sure_of_everything() -> None:
    """Three of three right are taken for 4/6: the gap of 1 becomes ln 4."""
    assert fit_temperature(np.eye(3), [0, 1, 2]) == pytest.approx(
        1 / np.log(4), rel=1e-4
    )
    many = np.tile(np.eye(3) * 9, (100, 1))
    found = fit_temperature(many, [0, 1, 2] * 100)
    sure = apply_temperature(many, found).max(1)
    assert sure == pytest.approx(301 / 303, rel=1e-4)


@pytest.mark.parametrize(
    "logits, labels, word",
    [
        (np.zeros((0, 3)), [], "logits"),
        (np.zeros((2, 3)), [0], "(N, K)"),
        (np.full((2, 3), np.nan), [0, 1], "finite"),
        (np.zeros((2, 3)), [0, 3], "0 to 2"),
        (np.zeros((2, 3)), [0, -1], "without a class"),
    ],
)
def test_wrong_input(logits: np.ndarray, labels: list, word: str) -> None:
    with pytest.raises(InputError) as caught:
        fit_temperature(logits, labels)
    assert word in str(caught.value)


def test_temperature_of_zero() -> None:
    with pytest.raises(InputError, match="above 0"):
        apply_temperature(np.zeros((1, 2)), 0)


def test_gaps_add_up_to_the_calibration_error() -> None:
    logits, labels = overconfident(3.0, n=300)
    probabilities = apply_temperature(logits, 1.0)
    table = reliability_table(probabilities, labels)
    gaps = np.abs(table.confidence - table.accuracy)
    expected = calibration_error(probabilities, labels)
    assert (gaps * table.count).sum() / 300 == pytest.approx(expected)
    assert table.count.sum() == 300 and (table.count > 0).all()


def test_reliability_by_hand() -> None:
    table = reliability_table([[0.9, 0.1], [0.95, 0.05], [0.4, 0.6]], [0, 1, 1], bins=2)
    # Both kinds of certainty fall into the upper bin: (0.9 + 0.95 + 0.6) / 3.
    np.testing.assert_allclose(table.confidence, [2.45 / 3])
    np.testing.assert_allclose(table.accuracy, [2 / 3])
    with pytest.raises(InputError, match="one class per image"):
        reliability_table([[1.0, 0.0]], [0, 1])
