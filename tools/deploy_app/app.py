r"""A small MONAI Deploy application: one NIfTI file through a bundle's folder.

    .venv/consumers/deploy/bin/python tools/deploy_app/app.py \
        BUNDLE image.nii.gz labels.nii.gz

The volume holds all channels of the bundle in the order of its metadata.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
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


class NiftiSource(Operator):
    """Emit a NIfTI file as an image, channels last."""

    def __init__(self, fragment: Application, *conditions: Any, path: Path) -> None:
        self.path = path
        super().__init__(fragment, *conditions, name="source")

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the output."""
        spec.output("image")

    def compute(self, op_input: Any, op_output: Any, context: Any) -> None:
        """Read the file; the bundle wants its affine to come back to this grid."""
        volume = nib.load(self.path)
        array = np.asarray(volume.dataobj, np.float32)
        metadata = {
            "spacing": np.linalg.norm(volume.affine[:3, :3], axis=0),
            "affine": volume.affine,
            "original_affine": volume.affine,
            "spatial_shape": np.asarray(array.shape[:3]),
            "original_channel_dim": -1 if array.ndim == 4 else "no_channel",
        }
        op_output.emit(Image(array, metadata=metadata), "image")


class NiftiSink(Operator):
    """Write the label map that it receives."""

    def __init__(self, fragment: Application, path: Path, like: Path) -> None:
        self.path, self.like = path, like
        super().__init__(fragment, name="sink")

    def setup(self, spec: OperatorSpec) -> None:
        """Declare the input."""
        spec.input("pred")

    def compute(self, op_input: Any, op_output: Any, context: Any) -> None:
        """Write; Deploy hands volumes on as (K, J, I), the order of a DICOM series."""
        labels = np.swapaxes(op_input.receive("pred").asnumpy(), 0, 2)
        nib.save(nib.Nifti1Image(labels, nib.load(self.like).affine), self.path)


class BundleApp(Application):
    """Source, bundle, sink."""

    def __init__(self, bundle: Path, image: Path, output: Path) -> None:
        self.bundle, self.image, self.output = bundle, image, output
        super().__init__()

    def compose(self) -> None:
        """Connect the operators."""
        # A source without a count is asked for ever.
        source = NiftiSource(self, CountCondition(self, 1), path=self.image)
        sink = NiftiSink(self, self.output, self.image)
        inference = MonaiBundleInferenceOperator(
            self,
            app_context=AppContext({}),
            input_mapping=[IOMapping("image", Image, IOType.IN_MEMORY)],
            output_mapping=[IOMapping("pred", Image, IOType.IN_MEMORY)],
            bundle_path=self.bundle,
            bundle_config_names=BundleConfigNames(config_names=["inference"]),
            name="bundle",
        )
        self.add_flow(source, inference, {("image", "image")})
        self.add_flow(inference, sink, {("pred", "pred")})


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle", type=Path, help="a segmentation bundle of volumes")
    parser.add_argument("image", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    text = (arguments.bundle / "configs/metadata.json").read_text("utf-8")
    outputs = json.loads(text)["network_data_format"]["outputs"]
    if list(outputs) != ["pred"] or len(outputs["pred"]["spatial_shape"]) != 3:
        parser.error(f"{arguments.bundle} does not segment volumes alone")
    BundleApp(arguments.bundle, arguments.image, arguments.output).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
