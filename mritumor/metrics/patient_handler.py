"""Tell a metric whose images it sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ignite.engine import Engine
from ignite.metrics.metric import reinit__is_reduced
from monai.data import MetaTensor
from monai.handlers import IgniteMetricHandler

from mritumor.data.datalist import WHOSE, owner
from mritumor.errors import InputError


class PatientMetricHandler(IgniteMetricHandler):
    """MONAI's handler for a metric that also takes ``patients``, as `PatientDice`.

    The engine's output has no patient, its batch has: ``person`` of each item of the
    datalist, else ``patient``. Takes the arguments of
    ``monai.handlers.IgniteMetricHandler``; give
    ``output_transform: "$monai.handlers.from_engine(['pred', 'label'])"``.
    """

    def iteration_completed(self, engine: Engine) -> None:
        """Update the metric with one batch."""
        output = self._output_transform(engine.state.output)
        self.update((*output, patients_in(engine.state.batch)))

    @reinit__is_reduced
    def update(self, output: Any) -> None:
        """Update the metric.

        Args:
            output: predictions, labels, patients.
        """
        pred, label, patients = output
        self.metric_fn(pred, label, patients=patients)


def patients_in(batch: Any) -> list[str]:
    """Return whose each item of a batch is, as `mritumor.data.owner` says.

    An item that does not say it, as of programs that make their own datalist, counts as a
    patient of its own, named after its image's file.

    Args:
        batch: a list of items, or a mapping of lists.

    Raises:
        InputError: an item with none.
    """
    if isinstance(batch, Mapping):
        told = {key: batch[key] for key in WHOSE if key in batch}
        names = [owner(dict(zip(told, row))) for row in zip(*told.values())]
    else:
        names = [owner(item) or _file(item) for item in batch]
    if not names or not all(names):
        raise InputError(
            "an item does not say whose it is",
            where=f"batch, key {' or '.join(WHOSE)}",
            got=sorted(map(str, batch if isinstance(batch, Mapping) else batch[0])),
            remedy="give every item of the datalist a 'patient'",
        )
    return names


def _file(item: Mapping[str, Any]) -> str:
    return str(getattr(item.get("image"), "meta", {}).get("filename_or_obj", ""))


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
