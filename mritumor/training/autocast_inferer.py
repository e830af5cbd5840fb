"""The forward pass in half precision where the processor is quicker at it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from monai.inferers import Inferer, SimpleInferer

from mritumor.errors import InputError

PRECISIONS = {"float32": None, "bfloat16": torch.bfloat16, "float16": torch.float16}


class AutocastInferer(Inferer):
    """Run another inferer under autocast, and give its result as float32.

    MONAI's engines know autocast for CUDA alone. Processors with bfloat16 units (AVX-512
    BF16, AMX) train networks in about half of the time; the loss is then still
    computed in float32.

    Args:
        inferer: what is run, default `monai.inferers.SimpleInferer`.
        precision: ``"float32"`` (nothing changes: autocast around it, such as the
            engine's, goes on), ``"bfloat16"`` or ``"float16"``.
        channels_last: lay 2-D images out with channels last, which convolutions and
            batch normalisation on CPU and tensor cores prefer. Volumes stay.

    Raises:
        InputError: another precision.
    """

    def __init__(
        self,
        inferer: Inferer | None = None,
        precision: str = "float32",
        channels_last: bool = False,
    ) -> None:
        super().__init__()
        if precision not in PRECISIONS:
            raise InputError(
                "no such precision",
                where="precision",
                got=precision,
                expected=", ".join(PRECISIONS),
            )
        self.inferer = SimpleInferer() if inferer is None else inferer
        self.dtype = PRECISIONS[precision]
        self.channels_last = channels_last

    def __call__(
        self,
        inputs: torch.Tensor,
        network: Callable[..., Any],
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Return what the inner inferer gives for images (B, C, *spatial), as float32."""
        if self.channels_last and inputs.dim() == 4:
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        with self._autocast(inputs.device.type):
            output = self.inferer(inputs, network, *args, **kwargs)
        return _as_float32(output)

    def _autocast(self, device: str) -> AbstractContextManager[Any]:
        # Autocast that is told to be off would switch off the engine's own on GPU.
        if self.dtype is None:
            return nullcontext()
        return torch.autocast(device, dtype=self.dtype)


def _as_float32(output: Any) -> Any:
    if isinstance(output, torch.Tensor):
        return output.float()
    if isinstance(output, (list, tuple)):
        return type(output)(_as_float32(part) for part in output)
    return output
