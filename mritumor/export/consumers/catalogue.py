"""All checks, in the order of the table's rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from mritumor.export.consumers.case import Case

PROJECT = "project"
MONAI_LABEL = "monailabel"
DEPLOY = "deploy"
# What each environment must be able to import, and what is imported once for all checks.
NEEDS = {
    PROJECT: "mritumor",
    MONAI_LABEL: "monailabel",
    DEPLOY: "monai.deploy",
}
PRELOAD = {
    PROJECT: ("monai.bundle", "monai.engines", "monai.handlers", "mritumor.training"),
    MONAI_LABEL: (
        "monailabel.tasks.infer.bundle",
        "monailabel.tasks.train.bundle",
        "monailabel.datastore.local",
        "monai.engines",
        "monai.handlers",
    ),
    DEPLOY: ("monai.deploy.core", "monai.deploy.operators", "monai.bundle"),
}


@dataclass(frozen=True)
class Check:
    """One row of the table.

    Attributes:
        name: what is printed.
        place: ``module:function`` within this package.
        environment: in whose interpreter it runs.
        trains: whether it is run only on request, as it trains for a while.
        limit: seconds after which it counts as hanging.
    """

    name: str
    place: str
    environment: str = PROJECT
    trains: bool = False
    limit: float = 240.0

    @property
    def function(self) -> Callable[[Case], None]:
        """The check itself; imports its module."""
        module, name = self.place.split(":")
        found: Callable[[Case], None] = getattr(
            import_module(f"mritumor.export.consumers.{module}"), name
        )
        return found


CHECKS = (
    Check("files", "files:check"),
    Check("metadata (verify_metadata)", "metadata:check"),
    Check("labels named, contiguous, uint8", "labels:check"),
    Check("network (verify_net_in_out)", "network_fits:check"),
    Check("properties (training)", "properties:check_training"),
    Check("properties (inference)", "properties:check_inference"),
    Check("one file in", "inputs:check_file"),
    Check("array in memory", "inputs:check_array"),
    Check("TorchScript (ckpt_export), equal", "formats:check_torchscript"),
    Check("onnx_export of MONAI", "formats:check_monai_onnx"),
    Check("ONNX, any size, equal", "formats:check_onnx"),
    Check("training, evaluation, inference", "workflow:check", trains=True),
    Check("two processes (gloo)", "processes:check", trains=True),
    Check("bundle runner (Slicer)", "runner:check"),
    Check("MONAI Label: file", "monailabel_infer:check_file", MONAI_LABEL),
    Check("MONAI Label: array", "monailabel_infer:check_array", MONAI_LABEL),
    Check("MONAI Label: train", "monailabel_train:check", MONAI_LABEL, trains=True),
    Check("MONAI Label: server", "monailabel_server:check", MONAI_LABEL, limit=400),
    Check("Deploy: TorchScript", "deploy:check_torchscript", DEPLOY),
    Check("Deploy: folder", "deploy:check_folder", DEPLOY),
)
BY_NAME = {check.name: check for check in CHECKS}
