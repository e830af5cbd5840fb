"""The accumulating metrics inside MONAI's evaluator."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from monai.data import DataLoader, Dataset, MetaTensor
from monai.engines import SupervisedEvaluator
from monai.handlers import IgniteMetricHandler, StatsHandler, from_engine
from monai.metrics import DiceMetric
from monai.transforms import CopyItemsd

from mritumor.errors import InputError
from mritumor.metrics import (
    ClassScores,
    PatientDice,
    PatientMetricHandler,
    class_report,
    count,
    dice,
    roc_auc,
    score_per_patient,
    with_patients,
)

PATIENTS = ["A", "B", "A", "C", "B", "A", "C"]


def slices(channels: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (7, C, 6, 6) predictions and labels; C is empty in the last channel."""
    generator = torch.Generator().manual_seed(0)
    pred, label = (torch.rand(2, 7, channels, 6, 6, generator=generator) > 0.6).float()
    for item, patient in enumerate(PATIENTS):
        if patient == "C":
            pred[item, -1] = label[item, -1] = 0
    return pred, label


def expected(empty: str = "one") -> list[float]:
    """Return the mean over patients per channel."""
    pred, label = slices()
    return [
        score_per_patient(
            dice,
            [count(p[c].numpy(), r[c].numpy()) for p, r in zip(pred, label)],
            PATIENTS,
            empty,  # type: ignore[arg-type]
        ).mean
        for c in (0, 1)
    ]


class Given(torch.nn.Module):
    """A network that returns its input."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x


def evaluate(
    items: list[dict[str, Any]], postprocessing: Any = None, **metrics: Any
) -> SupervisedEvaluator:
    """Run an evaluator over items in batches of 3 and return it."""
    name, key = next(iter(metrics.items()))
    engine = SupervisedEvaluator(
        device=torch.device("cpu"),
        val_data_loader=DataLoader(Dataset(items), batch_size=3),
        network=Given(),
        postprocessing=postprocessing,
        key_val_metric={name: key},
        additional_metrics={k: v for k, v in metrics.items() if k != name} or None,
        val_handlers=[StatsHandler(output_transform=lambda x: None)],
    )
    engine.run()
    return engine


def slice_items() -> list[dict[str, Any]]:
    pred, label = slices()
    return [
        {"image": p, "label": r, "patient": patient}
        for p, r, patient in zip(pred, label, PATIENTS)
    ]


READ = from_engine(["pred", "label"])


@pytest.mark.parametrize("empty", ["one", "zero", "nan", "skip"])
def test_patient_dice_in_an_evaluator(empty: str) -> None:
    metric = PatientDice(empty=empty, reduction="mean_batch")  # type: ignore[arg-type]
    handler = PatientMetricHandler(metric, output_transform=READ)
    plain = IgniteMetricHandler(DiceMetric(), output_transform=READ)
    engine = evaluate(slice_items(), patient_dice=handler, slice_dice=plain)
    found = engine.state.metrics["patient_dice"]
    assert found.tolist() == pytest.approx(expected(empty))
    assert engine.state.metrics["slice_dice"] != pytest.approx(found.mean().item())
    details = engine.state.metric_details["patient_dice"]
    assert details.shape == (3, 2) and list(metric.per_patient()) == ["A", "B", "C"]
    assert [s.undefined for s in metric.scores()] == [0, int(empty in ("nan", "skip"))]


def test_ids_of_one_person_are_one_patient() -> None:
    """Slices of B count as A's, whose person they are; the others name none."""
    items = slice_items()
    people = [{**i, "person": "A" if i["patient"] == "B" else ""} for i in items]
    joined = [{**i, "patient": i["person"] or i["patient"]} for i in people]
    found, expected = PatientDice(), PatientDice()
    for data, metric in ((people, found), (joined, expected)):
        evaluate(data, dice=PatientMetricHandler(metric, output_transform=READ))
    assert found.per_patient() == expected.per_patient()
    assert list(found.per_patient()) == ["A", "C"]


def test_patient_dice_as_a_key_metric_forgets_between_epochs() -> None:
    handler = PatientMetricHandler(PatientDice(), output_transform=READ)
    engine = evaluate(slice_items(), patient_dice=handler)
    first = engine.state.metrics["patient_dice"]
    assert first == pytest.approx(sum(expected()) / 2)
    assert engine.state.best_metric == first
    engine.run(2)
    assert engine.state.metrics["patient_dice"] == first


def test_patients_from_the_labels_metadata_in_monais_own_handler() -> None:
    items = slice_items()
    for item in items:
        item["label"] = MetaTensor(item["label"], meta={"patient": item.pop("patient")})
    handler = IgniteMetricHandler(PatientDice(), output_transform=READ)
    engine = evaluate(items, patient_dice=handler)
    assert engine.state.metrics["patient_dice"] == pytest.approx(sum(expected()) / 2)


def test_patients_that_postprocessing_put_into_the_output() -> None:
    read = with_patients(["pred", "label"], "whose")
    handler = IgniteMetricHandler(PatientDice(), output_transform=read)
    copy = CopyItemsd(keys="patient", names="whose")
    engine = evaluate(slice_items(), copy, patient_dice=handler)
    assert engine.state.metrics["patient_dice"] == pytest.approx(sum(expected()) / 2)
    with pytest.raises(InputError, match="PatientMetricHandler"):
        evaluate(slice_items(), patient_dice=handler)


def test_one_slice_a_patient_is_monais_dice() -> None:
    pred, label = slices()
    ours, theirs = PatientDice("nan"), DiceMetric(ignore_empty=False)
    ours(pred[:3], label[:3], patients=["A", "B", "C"])
    theirs(pred[:3], label[:3])
    assert ours.aggregate().item() == pytest.approx(theirs.aggregate().item())


def test_slices_of_different_sizes() -> None:
    metric = PatientDice()
    for size in (4, 9):
        metric([torch.ones(1, size, size)], [torch.ones(1, size, size)], ["A"])
    assert metric.aggregate() == 1 and metric.per_patient()["A"][0].tp == 97


def test_unknown_masks_are_left_out() -> None:
    pred, label = slices()
    metric, without = PatientDice(), PatientDice()
    label[2] = torch.nan
    metric(pred, label, PATIENTS)
    keep = [0, 1, 3, 4, 5, 6]
    without(pred[keep], label[keep], [PATIENTS[i] for i in keep])
    assert metric.per_patient() == without.per_patient()
    nothing = PatientDice(reduction="mean_batch")
    nothing(pred[2:3], label[2:3], ["A"])
    assert nothing.aggregate().isnan().all() and nothing.get_buffer().shape == (0, 2)


def test_a_batch_without_patients_is_refused() -> None:
    handler = PatientMetricHandler(PatientDice(), output_transform=READ)
    items = [
        {k: v for k, v in item.items() if k != "patient"} for item in slice_items()
    ]
    with pytest.raises(InputError, match="'patient'"):
        evaluate(items, patient_dice=handler)
    with pytest.raises(InputError, match="PatientMetricHandler"):
        PatientDice()(*slices())


def test_bad_input_of_patient_dice() -> None:
    with pytest.raises(InputError, match="no slice"):
        PatientDice().aggregate()
    with pytest.raises(InputError, match="reduction"):
        PatientDice(reduction="sum")
    with pytest.raises(InputError, match="did you mean"):
        PatientDice(empty="ones")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="one patient per item"):
        PatientDice()(*slices(), patients=["A"])
    with pytest.raises(InputError, match="A: prediction and label"):
        PatientDice()([torch.ones(1, 2, 2)], [torch.ones(1, 3, 3)], ["A"])


# Classes

CLASSES = [0, 1, 2, 2, -1, 0, 1, 0]


def probabilities() -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.rand(8, 3, generator=generator).log().neg().softmax(1)


def class_items() -> list[dict[str, Any]]:
    return [{"image": p, "label": y} for p, y in zip(probabilities(), CLASSES)]


def test_class_scores_in_an_evaluator() -> None:
    handlers = {
        "macro_f1": IgniteMetricHandler(ClassScores("macro_f1"), output_transform=READ),
        "classes": IgniteMetricHandler(
            ClassScores(prefix="val_"), output_transform=READ
        ),
    }
    engine = evaluate(class_items(), **handlers)
    known = [i for i, y in enumerate(CLASSES) if y >= 0]
    p, y = probabilities()[known].numpy(), [CLASSES[i] for i in known]
    report, found = class_report(p, y), engine.state.metrics
    assert found["macro_f1"] == pytest.approx(report.macro["f1"])
    assert engine.state.best_metric == found["macro_f1"]
    assert found["val_macro_f1"] == pytest.approx(report.macro["f1"])
    assert found["val_accuracy"] == pytest.approx(report.accuracy)
    assert found["val_macro_auc"] == pytest.approx(roc_auc(p, y).macro)
    assert (found["val_n_used"], found["val_n_unknown"]) == (7, 1)
    assert engine.state.metric_details["classes"].shape == (8, 4)


def test_class_scores_forget_between_epochs() -> None:
    handler = IgniteMetricHandler(ClassScores("n_used"), output_transform=READ)
    engine = evaluate(class_items(), n_used=handler)
    engine.run(2)
    assert engine.state.metrics["n_used"] == 7


def test_one_probability_is_of_class_1() -> None:
    one, two = ClassScores(), ClassScores()
    p, y = torch.tensor([[0.2], [0.7], [0.6]]), torch.tensor([0, 1, 0])
    one(p, y)
    two(torch.cat([1 - p, p], 1), y[:, None])
    assert one.aggregate() == pytest.approx(two.aggregate())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(dtype: torch.dtype) -> None:
    metric, exact = ClassScores(num_classes=3), ClassScores()
    metric(probabilities().to(dtype), torch.tensor(CLASSES))
    exact(probabilities(), torch.tensor(CLASSES))
    assert metric.aggregate() == pytest.approx(exact.aggregate(), abs=0.02)


def test_nothing_known() -> None:
    metric = ClassScores()
    metric(probabilities()[:2], torch.tensor([-1, -1]))
    found = metric.aggregate()
    assert math.isnan(found["accuracy"]) and found["n_unknown"] == 2


def test_bad_input_of_class_scores() -> None:
    with pytest.raises(InputError, match="did you mean 'macro_auc'"):
        ClassScores("macro_acu")
    with pytest.raises(InputError, match="number of classes.*3.*4"):
        ClassScores(num_classes=4)(probabilities(), torch.tensor(CLASSES))
    with pytest.raises(InputError, match="no image"):
        ClassScores().aggregate()
    metric = ClassScores()
    metric(torch.tensor([[3.0, -1.0]]), torch.tensor([0]))
    with pytest.raises(InputError, match="softmax"):
        metric.aggregate()
