"""The network in other formats, equal to the one in PyTorch."""

from __future__ import annotations

from importlib.util import find_spec

from monai.bundle.scripts import onnx_export

from mritumor.export.consumers.case import Case
from mritumor.export.consumers.outcome import Unsatisfied
from mritumor.export.network import example_shape
from mritumor.export.onnx import export_onnx
from mritumor.export.torchscript import export_torchscript


def check_torchscript(case: Case) -> None:
    """Let MONAI export by ckpt_export; the file is loaded again and compared on two sizes."""
    export_torchscript(case.bundle, case.work / "model.ts")


def check_onnx(case: Case) -> None:
    """Our export, whose batch and image size are free; compared on two sizes."""
    export_onnx(case.bundle, case.work / "model.onnx")


def check_monai_onnx(case: Case) -> None:
    """Let MONAI export by onnx_export, for one size."""
    if find_spec("onnx") is None:
        raise Unsatisfied("onnx is not installed here")
    target = case.work / "static.onnx"
    onnx_export(
        net_id="network_def",
        filepath=str(target),
        ckpt_file=str(case.bundle / "models/model.pt"),
        meta_file=str(case.bundle / "configs/metadata.json"),
        config_file=str(case.bundle / "configs/inference.json"),
        input_shape=[1, *example_shape(case.image)],
        use_trace=True,
        converter_kwargs={"dynamo": False},
        bundle_root=str(case.bundle),
    )
    if not target.is_file() or target.stat().st_size < 1024:
        raise Unsatisfied("no ONNX file was written")
