"""A trained bundle, of whatever task, as one callable."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.bundle import ConfigParser
from numpy.typing import ArrayLike

from mritumor.bundle.folder import read_config
from mritumor.errors import BundleError, InputError
from mritumor.geometry import as_affine
from mritumor.inference import parts
from mritumor.inference.answers import Answerer
from mritumor.inference.cases import (
    CASES,
    Case,
    DicomCase,
    FoundInputs,
    PictureCase,
    find_inputs,
)
from mritumor.inference.members import trained_flips
from mritumor.inference.prediction import Prediction
from mritumor.inference.stacks import predict_pictures, predict_slices, predict_volume
from mritumor.inference.study import load_study, study_tensor
from mritumor.inference.window import choose_device, fit_window
from mritumor.types import PathLike


class Predictor:
    """Run the ``inference.json`` of a bundle on files, cases or arrays.

    Args:
        bundle: the bundle's folder.
        device: such as ``"cpu"`` or ``"cuda:0"``; default what the bundle chooses, or
            the CPU when that has too little free memory.
        weights: a ``.pt`` state dict (or with `runtime` ``"onnx"`` an ``.onnx`` file);
            default the bundle's ``models/model.pt`` (``model.onnx``).
        runtime: ``"torch"`` or ``"onnx"``.
        tta: average over the mirrorings that the bundle was trained with.
        ensemble: several weights, averaged, in the place of `weights`.
        uncertainty: give entropy and volume ranges too; turns `tta` on when there is no
            ensemble.
        low_memory: smaller windows and batches.

    Raises:
        BundleError: the folder is no bundle, or it has no weights.

    Example:
        >>> predictor = Predictor("bundles/lgg_segmentation")  # doctest: +SKIP
        >>> prediction = predictor.predict("TCGA_CS_4941_19960909/")  # doctest: +SKIP
        >>> prediction.volumes, prediction.class_name  # doctest: +SKIP
    """

    def __init__(
        self,
        bundle: PathLike,
        device: str | None = None,
        weights: PathLike | None = None,
        runtime: str = "torch",
        tta: bool = False,
        ensemble: Sequence[PathLike] = (),
        uncertainty: bool = False,
        low_memory: bool = False,
    ) -> None:
        self.bundle = Path(bundle)
        self.metadata = read_config(self.bundle, "metadata")
        parser = ConfigParser(read_config(self.bundle, "inference"))
        parser["bundle_root"] = str(self.bundle)
        if device is not None:
            parser["device"] = f"$torch.device({device!r})"
        self.runtime = runtime
        default = parts.weights_file(parser, self.bundle, runtime)
        self.weights = [Path(w) for w in ensemble] or [Path(weights or default)]
        wanted = torch.device(parser.get_parsed_content("device"))
        cpu = torch.device("cpu")
        self.networks = [
            parts.load_network(parser, path, runtime, cpu) for path in self.weights
        ]
        self.modalities: list[str] = list(parser.get_parsed_content("modalities"))
        self.class_names = parts.class_names(parser, self.metadata)
        self.preprocessing = parts.without_loading(
            parser.get_parsed_content("preprocessing")
        )
        self.postprocessing = parser.get_parsed_content("postprocessing")
        self.inferer = parser.get_parsed_content("inferer")
        self.uncertainty = uncertainty
        self.low_memory = low_memory
        words = parts.caution(self.metadata, self.weights[0])
        self.notes: list[str] = [words] if words else []
        self.device = self._settle(wanted)
        self.tta = tta or (uncertainty and len(self.networks) == 1)
        self.flips = trained_flips(self.bundle, self.dims) if self.tta else [()]
        self._answerer = Answerer(self)

    @property
    def network(self) -> torch.nn.Module:
        """The network, of an ensemble the first."""
        return self.networks[0]

    @property
    def classify(self) -> Predictor:
        """What tells the class: itself, as a `Pipeline` names one of its two."""
        return self

    @property
    def segment(self) -> Predictor:
        """What outlines: itself, as a `Pipeline` names one of its two."""
        return self

    @property
    def dims(self) -> int:
        """Spatial axes of the network: 2 for slices, 3 for volumes."""
        image = self.metadata["network_data_format"]["inputs"]["image"]
        return len(image["spatial_shape"])

    @property
    def is_classifier(self) -> bool:
        """Whether it tells a class and outlines nothing."""
        return parts.is_classifier(self.metadata)

    @property
    def names(self) -> dict[int, str]:
        """Meaning of each label value but 0; empty for a classifier."""
        if self.is_classifier:
            return {}
        output = self.metadata["network_data_format"]["outputs"]["pred"]
        channels = output["channel_def"]
        return {int(value): name for value, name in channels.items() if int(value)}

    @property
    def fills_missing(self) -> bool:
        """Whether the bundle was trained to do without some sequences."""
        return self.metadata.get("missing_modalities") == "zeros"

    def __call__(
        self, image: ArrayLike, affine: ArrayLike | None = None, case: str = "array"
    ) -> Prediction:
        """Predict an array.

        Args:
            image: (C, I, J, K), or for bundles of slices (C, H, W) or (H, W) as seen,
                rows downward; channels as in `modalities`. A volume is given to a bundle
                of slices slice by slice.
            affine: of a volume, voxel index to RAS+ mm; default 1 mm, axes right,
                anterior, superior.
            case: a name for the result.

        Returns:
            Labels on the voxels of `image`.

        Raises:
            InputError: wrong number of channels or dimensions, NaN or infinity.
        """
        array = np.array(image, dtype=np.float32)
        if self.dims == 2 and array.ndim == 2:
            array = array[None]
        if self.dims == 2 and array.ndim == 3:
            return predict_pictures(self, [array], case)
        if array.ndim != 4:
            raise InputError(
                "an image is (C, I, J, K)"
                + (" or (C, H, W)" if self.dims == 2 else ""),
                where=case,
                got=f"{array.ndim} dimensions",
            )
        matrix = as_affine(np.eye(4) if affine is None else affine, where=case)
        return self._volume(study_tensor(array, matrix, case), case)

    def find(self, paths: Any, **options: Any) -> FoundInputs:
        """Find the cases under files and folders; see `find_inputs`."""
        return find_inputs(paths, self.modalities, self.dims, **options)

    def predict(
        self,
        case: Case | PathLike,
        fill_missing: bool = False,
        keep: Sequence[bool] | None = None,
    ) -> Prediction:
        """Predict the files of a case.

        Args:
            case: as `find` finds it, or the path of one.
            fill_missing: replace missing sequences by zeros; only for bundles that
                were trained for it (`fills_missing`).
            keep: for bundles of slices, which of them to look at; the others are taken
                for empty. Default all.

        Raises:
            InputError: it cannot be read, or a path holds several cases.
        """
        if fill_missing and not self.fills_missing:
            raise BundleError(
                "this bundle was not trained to do without a sequence",
                where=self.bundle,
                remedy="give all of " + ", ".join(self.modalities),
            )
        if not isinstance(case, CASES):
            case = self.only(case)
        if isinstance(case, PictureCase):
            return predict_pictures(
                self, case.pictures, case.name, case.is_patient, keep
            )
        if isinstance(case, DicomCase):
            return self._dicom(case, fill_missing, keep)
        image = load_study(case, self.modalities, fill_missing)
        return self._volume(image, case.name, keep)

    def answer(self, images: Sequence[Any]) -> list[Any]:
        """Return what the bundle says of images inside; see `Answerer`."""
        return self._answerer(images)

    def _volume(
        self,
        image: Any,
        case: str,
        keep: Sequence[bool] | None = None,
        as_stored: bool = False,
    ) -> Prediction:
        if self.dims == 2:
            return predict_slices(self, image, case, keep, as_stored)
        return predict_volume(self, image, case)

    def _dicom(
        self, case: DicomCase, fill_missing: bool, keep: Sequence[bool] | None
    ) -> Prediction:
        from mritumor.data.dicom_study import load_dicom_study

        began = time.monotonic()
        more: dict[str, Any] = {"fewest": 1} if self.dims == 2 else {}
        study = load_dicom_study(
            case.study, self.modalities, fill_missing=fill_missing, **more
        )
        image = study_tensor(study.image, study.affine, case.name, study.missing)
        prediction = self._volume(image, case.name, keep, as_stored=True)
        seconds = time.monotonic() - began
        notes = (*study.notes, *prediction.notes)
        return replace(prediction, source=study.reference, notes=notes, seconds=seconds)

    def only(self, path: PathLike) -> Case:
        """Return the one case that lies there.

        Raises:
            InputError: none, or several.
        """
        cases = self.find(path).cases
        if len(cases) == 1:
            return cases[0]
        raise InputError(
            "several cases lie there",
            where=path,
            got=f"{len(cases)}: " + ", ".join(c.name for c in cases[:5]),
            remedy="predict each of predictor.find(path).cases",
        )

    def _settle(self, wanted: torch.device) -> torch.device:
        """Move networks to a device with room for them; fit the window."""
        from mritumor.bundle.memory import forward_bytes

        smallest = [32] * self.dims
        shape = (1, len(self.modalities), *smallest)
        need = forward_bytes(self.network, shape) if wanted.type == "cuda" else 0
        device, note = choose_device(wanted, need)
        for network in self.networks:
            network.to(device)
        channels = len(self.modalities)
        smaller = fit_window(
            self.inferer, self.network, channels, device, self.low_memory
        )
        self.notes += [sentence for sentence in (note, smaller) if sentence]
        return device
