"""MONAI Deploy's MonaiBundleInferenceOperator, within an application that runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mritumor.export.consumers.case import Case
from mritumor.export.consumers.outcome import Unsatisfied
from mritumor.export.consumers.results import check_array, read
from mritumor.export.torchscript import export_torchscript


def check_torchscript(case: Case) -> None:
    """Run the bundle as one TorchScript file."""
    _check(case, export_torchscript(case.bundle, case.work / "model.ts"))


def check_folder(case: Case) -> None:
    """Run the bundle as a folder."""
    _check(case, case.bundle)


def _check(case: Case, bundle: Path) -> None:
    array, affine = read(Path(case.items[0]["single"]))
    if affine is None and array.ndim > case.spatial_dims:
        array = np.moveaxis(array, 0, -1)
    found = run_operator(case, bundle, array, affine)
    if case.is_classifier:
        _check_classes(case, found)
        return
    labels = found.asnumpy()
    if labels.ndim == 3:
        labels = np.swapaxes(labels, 0, 2)  # (K, J, I): the order of a DICOM series
    check_array(case, labels, array.shape[: case.spatial_dims])
    kept = np.asarray(found.metadata().get("original_affine", affine))
    if affine is not None and not np.allclose(kept, affine):
        raise Unsatisfied("the result lost the image's affine")


def run_operator(
    case: Case, bundle: Path, array: np.ndarray, affine: np.ndarray | None
) -> Any:
    """Give an image to the operator and return what it emits."""
    from monai.deploy.conditions import CountCondition
    from monai.deploy.core import (
        AppContext,
        Application,
        Image,
        IOType,
        Operator,
        OperatorSpec,
    )
    from monai.deploy.operators import (
        BundleConfigNames,
        IOMapping,
        MonaiBundleInferenceOperator,
    )

    key_in = next(iter(case.metadata["network_data_format"]["inputs"]))
    keys_out = list(case.metadata["network_data_format"]["outputs"])
    received: dict[str, Any] = {}

    class Source(Operator):
        def setup(self, spec: OperatorSpec) -> None:
            spec.output("out")

        def compute(self, op_input: Any, op_output: Any, context: Any) -> None:
            op_output.emit(Image(array, metadata=_metadata(case, array, affine)), "out")

    class Sink(Operator):
        def setup(self, spec: OperatorSpec) -> None:
            for key in keys_out:
                spec.input(key)

        def compute(self, op_input: Any, op_output: Any, context: Any) -> None:
            for key in keys_out:
                received[key] = op_input.receive(key)

    class App(Application):
        def compose(self) -> None:
            context = AppContext({})
            once = CountCondition(self, 1)  # a source without it never ends
            source, sink = Source(self, once, name="source"), Sink(self, name="sink")
            operator = MonaiBundleInferenceOperator(
                self,
                app_context=context,
                input_mapping=[IOMapping(key_in, Image, IOType.IN_MEMORY)],
                output_mapping=[
                    IOMapping(k, Image, IOType.IN_MEMORY) for k in keys_out
                ],
                bundle_path=bundle,
                bundle_config_names=BundleConfigNames(config_names=["inference"]),
                name="bundle",
            )
            self.add_flow(source, operator, {("out", key_in)})
            self.add_flow(operator, sink, {(key, key) for key in keys_out})

    App().run()
    if case.pred_key not in received:
        raise Unsatisfied("the operator emits nothing")
    return received[case.pred_key]


def _metadata(
    case: Case, array: np.ndarray, affine: np.ndarray | None
) -> dict[str, Any]:
    matrix = np.eye(4) if affine is None else affine
    channels_last = array.ndim > case.spatial_dims
    return {
        "spacing": np.linalg.norm(matrix[:3, :3], axis=0),
        "affine": matrix,
        "original_affine": matrix,
        "spatial_shape": np.asarray(array.shape[: case.spatial_dims]),
        "original_channel_dim": -1 if channels_last else "no_channel",
    }


def _check_classes(case: Case, found: Any) -> None:
    if not isinstance(found, dict) or "probabilities" not in found:
        raise Unsatisfied("the operator gives no probabilities")
    names = set(case.pred["channel_def"].values())
    if not set(found["result"]) <= names:
        raise Unsatisfied(f"classes {found['result']} are not among {sorted(names)}")
