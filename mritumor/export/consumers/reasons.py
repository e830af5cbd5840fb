"""From the exception of another program to one sentence that says what is wrong."""

from __future__ import annotations

import re

from mritumor.bundle.sentences import our_error
from mritumor.export.consumers.outcome import Unsatisfied

# What consumers say, and what it means for the author of the bundle.
KNOWN = (
    (
        r"to have (\d+) channels, but got (\d+) channels",
        "one file with all channels is read with its {1} slices as channels: "
        "EnsureChannelFirstd must follow LoadImaged",
    ),
    (
        r"expected (\d+) channels?,? (?:but )?(?:got|found) (\d+)",
        "the image comes with {1} channels where {0} are expected",
    ),
    (
        r"'list' object has no attribute 'shape'",
        "a list of files as one image is not supported: take one file",
    ),
    (
        r"itk\.Image is not wrapped for input type",
        "the label map is not uint8 (ITK cannot write int64): end with uint8",
    ),
    (
        r"Expected a floating point .*Got Bool",
        "labels are bool, which DiceLoss rejects: add EnsureTyped(dtype=float32)",
    ),
    (
        r"operands could not be broadcast together with shapes \(0,\)",
        "MONAI Label restores the size of class scores: let the last postprocessing "
        "transform drop spatial_shape from the image's meta",
    ),
    (
        r"run ID '(\w+)' doesn't exist",
        "the config has no id '{0}', so `monai.bundle run {0}` does nothing",
    ),
    (
        r"doesn't have NCCL built in|ProcessGroupNCCL is only supported with GPUs",
        "the backend is fixed to nccl: choose gloo where there is no GPU",
    ),
    (
        r"(?:urlopen error|Name or service not known|Temporary failure in name)",
        "it needs the network",
    ),
    (
        r"Could not infer dtype of|torch_tensorrt",
        "",
    ),
)


def sentence(error: BaseException) -> str:
    """Return why, in one sentence.

    Args:
        error: as caught; the first known cause of its chain counts, else the innermost.
    """
    chain = list(_chain(error))
    for link in chain:
        if isinstance(link, Unsatisfied):
            return str(link)
    text = " | ".join(str(link) for link in chain)
    for pattern, meaning in KNOWN:
        found = re.search(pattern, text, re.DOTALL)
        if found and meaning:
            return meaning.format(*found.groups())
    ours = our_error(error)
    if ours is not None:
        return str(ours)
    inner = chain[-1]
    lines = [line.strip() for line in str(inner).splitlines() if line.strip()]
    return f"{type(inner).__name__}: {lines[0]}" if lines else type(inner).__name__


def _chain(error: BaseException | None) -> list[BaseException]:
    links: list[BaseException] = []
    while error is not None and error not in links:
        links.append(error)
        error = error.__cause__ or error.__context__
    return links
