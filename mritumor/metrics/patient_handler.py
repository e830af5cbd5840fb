"""Tell a metric whose images it sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ignite.engine import Engine
from ignite.metrics.metric import reinit__is_reduced
from monai.data import MetaTensor
from monai.handlers import IgniteMetricHandler

from mritumor.errors import InputError


class PatientMetricHandler(IgniteMetricHandler):
    """MONAI's handler for a metric that also takes ``patients``, as `PatientDice`.

    The engine's output has no patient, its batch has: ``patient`` of each item of the
    datalist. Takes the arguments of ``monai.handlers.IgniteMetricHandler``; give
    ``output_transform: "$monai.handlers.from_engine(['pred', 'label'])"``.

    Args:
        patient_key: of the batch.
    """

    def __init__(self, *args: Any, patient_key: str = "patient", **kwargs: Any) -> None:
        self.patient_key = patient_key
        super().__init__(*args, **kwargs)

    def iteration_completed(self, engine: Engine) -> None:
        """Update the metric with one batch."""
        output = self._output_transform(engine.state.output)
        self.update((*output, patients_in(engine.state.batch, self.patient_key)))

    @reinit__is_reduced
    def update(self, output: Any) -> None:
        """Update the metric.

        Args:
            output: predictions, labels, patients.
        """
        pred, label, patients = output
        self.metric_fn(pred, label, patients=patients)


def patients_in(batch: Any, key: str) -> list[str]:
    """Return whose each item of a batch is.

    An item that does not say it, as of programs that make their own datalist, counts as a
    patient of its own, named after its image's file.

    Args:
        batch: a list of items, or a mapping of lists.
        key: of the patient.

    Raises:
        InputError: an item with neither.
    """
    try:
        if isinstance(batch, Mapping):
            return [str(patient) for patient in batch[key]]
        return [
            str(item[key] if key in item else item["image"].meta["filename_or_obj"])
            for item in batch
        ]
    except (KeyError, TypeError, AttributeError):
        items = batch if isinstance(batch, Mapping) else batch[0]
        raise InputError(
            "an item does not say whose it is",
            where=f"batch, key {key!r}",
            got=sorted(map(str, items)),
            remedy="give every item of the datalist a 'patient'",
        ) from None


def with_patients(
    keys: Sequence[str] = ("pred", "label"), patient: str = "patient"
) -> Callable[[Any], tuple[list[Any], list[Any]]]:
    """Make an output transform for MONAI's own handler that keeps whose an item is.

    The engine's output must know it: from a postprocessing transform that copies it to a
    new key (``CopyItemsd(keys="patient", names="whose")``, ``patient="whose"``), or from
    the metadata of a tensor. `PatientMetricHandler` needs neither.

    Args:
        keys: of prediction and label.
        patient: key of the output, or of the metadata.

    Returns:
        A function from the output to predictions and labels, whose metadata say
        ``patient``. It raises `InputError` where no patient is found.
    """

    def read(output: Any) -> tuple[list[Any], list[Any]]:
        items = [output] if isinstance(output, Mapping) else list(output)
        labels = [
            MetaTensor(item[keys[1]], meta={"patient": _whose(item, patient)})
            for item in items
        ]
        return [item[keys[0]] for item in items], labels

    return read


def _whose(item: Mapping[str, Any], key: str) -> str:
    if key in item:
        return str(item[key])
    for value in item.values():
        meta = getattr(value, "meta", {})
        if key in meta:
            return str(meta[key])
    raise InputError(
        "the output of the engine does not say whose an item is",
        where=key,
        got=sorted(map(str, item)),
        remedy="use mritumor.metrics.PatientMetricHandler, which reads the batch",
    )
