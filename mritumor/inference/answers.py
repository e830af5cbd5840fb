"""Images inside to labels and probabilities: preprocessing, network, postprocessing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from mritumor.bundle.sentences import our_error
from mritumor.errors import BundleError, MRITumorError
from mritumor.inference.members import Mean, opinions
from mritumor.inference.parts import split_chain
from mritumor.types import LabelMap

CLASSES = "class_pred"


class Answer(NamedTuple):
    """What a bundle says of one image, on the image's grid.

    Attributes:
        labels: (*spatial) uint8; None of a classifier.
        probabilities: by class; empty when none is told.
        entropy: (*spatial) 0 to 1, where uncertainty was asked for.
        ranges: least and greatest number of voxels of each label among the members.
    """

    labels: LabelMap | None
    probabilities: dict[str, float]
    entropy: NDArray[np.float32] | None
    ranges: dict[str, tuple[int, int]]


class Runs(Protocol):
    """What is needed of a predictor; `inferer` may be replaced at any time."""

    preprocessing: Any
    postprocessing: Any
    inferer: Any
    networks: list[torch.nn.Module]
    flips: list[tuple[int, ...]]
    device: torch.device
    class_names: list[str]
    uncertainty: bool

    @property
    def names(self) -> dict[int, str]:
        """Meaning of each label value but 0."""

    @property
    def is_classifier(self) -> bool:
        """Whether nothing is outlined."""


class Answerer:
    """Run a predictor's chain on images.

    Args:
        predictor: whose preprocessing, networks and postprocessing are run.
    """

    def __init__(self, predictor: Any) -> None:
        self.of: Runs = predictor
        self.head, self.tail = split_chain(predictor.postprocessing)

    def __call__(self, images: Sequence[Any]) -> list[Answer]:
        """Answer a batch.

        Args:
            images: MetaTensor (C, *spatial) each; of one size after preprocessing.

        Raises:
            MRITumorError: of an image that cannot be used.
        """
        try:
            items = [self.of.preprocessing({"image": image}) for image in images]
        except Exception as error:
            raise our_error(error) or error from None
        x = torch.stack([i["image"].as_subclass(torch.Tensor) for i in items])
        means = [Mean() for _ in items]
        with torch.no_grad(), _autocast(self.of.device):
            for outputs in opinions(
                self.of.inferer, self.of.networks, self.of.flips, x.to(self.of.device)
            ):
                for item, output, mean in zip(items, outputs, means):
                    self._take(mean, item, output)
        return [self._answer(mean, item) for mean, item in zip(means, items)]

    def _take(self, mean: Mean, item: dict, output: torch.Tensor) -> None:
        found = self.head({**item, "pred": output})
        pred = found["pred"].as_subclass(torch.Tensor).cpu()
        if self.of.is_classifier:
            return mean.add(None, pred.flatten().double())
        mean.add(pred, found[CLASSES].double() if CLASSES in found else None)
        if self.of.uncertainty:
            labels = self._labels(pred, item)
            counts = np.bincount(labels.ravel(), minlength=max(self.of.names) + 1)
            mean.volumes.append(tuple(int(counts[v]) for v in self.of.names))
        return None

    def _answer(self, mean: Mean, item: dict) -> Answer:
        told: dict[str, float] = {}
        if mean.classes is not None:
            told = self._named((mean.classes / mean.count).numpy())
        if mean.regions is None:
            return Answer(None, told, None, {})
        labels = self._labels(mean.regions / mean.count, item)
        if not self.of.uncertainty:
            return Answer(labels, told, None, {})
        ranges = dict(zip(self.of.names.values(), mean.volume_ranges()))
        return Answer(labels, told, mean.entropy(), ranges)

    def _labels(self, regions: torch.Tensor, item: dict) -> LabelMap:
        painted = self.tail({**item, "pred": regions})["pred"]
        return np.asarray(painted[0], dtype=np.uint8)

    def _named(self, p: NDArray[np.float64]) -> dict[str, float]:
        if len(p) == 1 and len(self.of.class_names) == 2:
            p = np.append(1 - p, p)
        if len(p) != len(self.of.class_names):
            raise BundleError(
                "the network's classes are not those that the bundle names",
                where="class_names",
                got=f"{len(p)} probabilities",
                expected=", ".join(self.of.class_names),
            )
        return {name: float(v) for name, v in zip(self.of.class_names, p)}


def answer_each(answerer: Any, images: Sequence[Any], batch: int) -> list[Answer]:
    """Answer many images, `batch` at a time, and one by one where sizes differ."""
    answers: list[Answer] = []
    for start in range(0, len(images), batch):
        part = images[start : start + batch]
        try:
            answers += answerer(part)
        except MRITumorError:
            raise
        except RuntimeError:
            if len(part) == 1:
                raise
            answers += [answerer([image])[0] for image in part]
    return answers


def _autocast(device: torch.device) -> Any:
    return torch.autocast(device.type, enabled=device.type == "cuda")
