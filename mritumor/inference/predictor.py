"""A trained segmentation bundle as one callable."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.bundle import ConfigParser
from monai.data import MetaTensor, decollate_batch, list_data_collate
from monai.transforms import Compose, LoadImaged, SaveImaged
from numpy.typing import ArrayLike

from mritumor.bundle.sentences import our_error
from mritumor.data.inputs import InputCase
from mritumor.errors import BundleError, InputError
from mritumor.geometry import as_affine
from mritumor.inference.prediction import Prediction
from mritumor.inference.study import load_study
from mritumor.types import PathLike


class Predictor:
    """Run the ``inference.json`` of a bundle on cases or arrays.

    Args:
        bundle: the bundle's folder.
        device: such as ``"cpu"`` or ``"cuda:0"``; default what the bundle chooses.
        weights: a ``.pt`` state dict; default the bundle's ``models/model.pt``.

    Raises:
        BundleError: the folder is no bundle, or it has no weights.

    Example:
        >>> predictor = Predictor("bundles/brats_segmentation")  # doctest: +SKIP
        >>> prediction = predictor(array, affine)  # doctest: +SKIP
        >>> prediction.volumes  # doctest: +SKIP
    """

    def __init__(
        self,
        bundle: PathLike,
        device: str | None = None,
        weights: PathLike | None = None,
    ) -> None:
        self.bundle = Path(bundle)
        self.metadata = self._read("metadata")
        self._parser = ConfigParser(self._read("inference"))
        self._parser["bundle_root"] = str(self.bundle)
        if device is not None:
            self._parser["device"] = f"$torch.device({device!r})"
        self.device = torch.device(self._parser.get_parsed_content("device"))
        self.modalities: list[str] = self._parser.get_parsed_content("modalities")
        self.network = self._load_network(weights)
        self.preprocessing = _without(
            self._parser.get_parsed_content("preprocessing"), LoadImaged
        )
        self.postprocessing = _without(
            self._parser.get_parsed_content("postprocessing"), SaveImaged
        )
        self.inferer = self._parser.get_parsed_content("inferer")

    @property
    def names(self) -> dict[int, str]:
        """Meaning of each label value but 0."""
        channels = self.metadata["network_data_format"]["outputs"]["pred"][
            "channel_def"
        ]
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
            image: (C, I, J, K), channels as in `modalities`.
            affine: voxel index to RAS+ mm; default 1 mm, axes right, anterior, superior.
            case: a name for the result.

        Returns:
            Labels on the voxels of `image`.

        Raises:
            InputError: wrong number of channels or dimensions, NaN or infinity.
        """
        array = np.array(image, dtype=np.float32)
        if array.ndim != 4:
            raise InputError(
                "an image is (C, I, J, K)", where=case, got=f"{array.ndim} dimensions"
            )
        matrix = as_affine(np.eye(4) if affine is None else affine, where=case)
        meta = {
            "original_channel_dim": 0,
            "spatial_shape": np.asarray(array.shape[1:]),
            "original_affine": matrix,
            "filename_or_obj": case,
        }
        tensor = MetaTensor(
            torch.from_numpy(array), affine=torch.as_tensor(matrix), meta=meta
        )
        return self._predict(tensor, case)

    def predict(self, case: InputCase, fill_missing: bool = False) -> Prediction:
        """Predict the files of a case.

        Args:
            case: as `mritumor.data.find_cases` finds it.
            fill_missing: replace missing sequences by zeros; only for bundles that
                were trained for it (`fills_missing`).

        Raises:
            InputError: as for `load_study`.
        """
        if fill_missing and not self.fills_missing:
            raise BundleError(
                "this bundle was not trained to do without a sequence",
                where=self.bundle,
                remedy="give all of " + ", ".join(self.modalities),
            )
        return self._predict(load_study(case, self.modalities, fill_missing), case.name)

    def _predict(self, image: MetaTensor, case: str) -> Prediction:
        began = time.monotonic()
        affine = image.affine.numpy().astype(np.float64)
        try:
            data = self.preprocessing({"image": image})
        except Exception as error:
            raise our_error(error) or error from None
        batch = list_data_collate([data])
        with torch.no_grad(), _autocast(self.device):
            batch["pred"] = self.inferer(batch["image"].to(self.device), self.network)
        batch["pred"] = batch["pred"].float().to("cpu")
        result = self.postprocessing(decollate_batch(batch)[0])
        return Prediction(
            case=case,
            labels=np.asarray(result["pred"][0], dtype=np.uint8),
            affine=affine,
            names=self.names,
            image=image.numpy(),
            missing=tuple(image.meta.get("missing", ())),
            seconds=time.monotonic() - began,
        )

    def _read(self, name: str) -> dict[str, Any]:
        path = self.bundle / "configs" / f"{name}.json"
        if not path.is_file():
            raise BundleError(
                "this folder is no bundle: it has no such file",
                where=path,
                remedy="give a folder that holds configs/inference.json",
            )
        return json.loads(path.read_text(encoding="utf-8"))

    def _load_network(self, weights: PathLike | None) -> torch.nn.Module:
        path = (
            Path(weights)
            if weights
            else Path(self._parser.get_parsed_content("ckpt_path"))
        )
        if not path.is_file():
            raise BundleError(
                "this bundle has no weights yet",
                where=path,
                remedy="train it (python -m monai.bundle run training …) or give --weights",
            )
        network: torch.nn.Module = self._parser.get_parsed_content("network_def")
        try:
            network.load_state_dict(
                torch.load(path, map_location="cpu", weights_only=True)
            )
        except Exception as error:  # a truncated file, a pickle, another network
            raise BundleError(
                f"these are no weights of this bundle's network: {str(error).splitlines()[0]}",
                where=path,
                remedy="train the bundle again or fetch its weights again",
            ) from None
        return network.to(self.device).eval()


def _without(chain: Compose, kind: type) -> Compose:
    """Return a chain that takes arrays where it read files, or keeps what it saved."""
    steps: Sequence[Any] = chain.transforms
    return Compose([step for step in steps if not isinstance(step, kind)])


def _autocast(device: torch.device) -> Any:
    return torch.autocast(device.type, enabled=device.type == "cuda")
