"""An ONNX file in the place of a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from mritumor._optional import require
from mritumor.errors import InputError, first_line
from mritumor.types import PathLike

CPU = ("CPUExecutionProvider",)


class OnnxNetwork(nn.Module):
    """Run an ONNX file by ONNX Runtime, called as the network it was exported from.

    Args:
        path: the ``.onnx`` file.
        providers: execution providers, first choice first; default the CPU alone.
        threads: of one call; default ONNX Runtime's choice, or OMP_NUM_THREADS's where
            PyTorch was told so.

    Raises:
        InputError: there is no such file, or ONNX Runtime cannot read it.
        MissingDependencyError: onnxruntime is not installed.

    Example:
        >>> network = OnnxNetwork("models/model.onnx")  # doctest: +SKIP
        >>> network(torch.zeros(1, 4, 64, 64, 64)).shape  # doctest: +SKIP
        torch.Size([1, 3, 64, 64, 64])
    """

    def __init__(
        self,
        path: PathLike,
        providers: Sequence[str] = CPU,
        threads: int | None = None,
    ) -> None:
        super().__init__()
        self.path = Path(path)
        self._session = _open(self.path, list(providers), threads)
        self._input = self._session.get_inputs()[0]
        self.output_names: list[str] = [o.name for o in self._session.get_outputs()]

    @property
    def in_channels(self) -> int | None:
        """Channels that the network takes; None when any number."""
        shape = self._input.shape
        return shape[1] if len(shape) > 1 and isinstance(shape[1], int) else None

    def forward(self, x: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Return what the network gives.

        Args:
            x: (B, C, *spatial) float; moved to the CPU for the call.

        Returns:
            A tensor on the device of ``x``, or a tuple for several outputs, in the order
            of `output_names`.

        Raises:
            InputError: another number of dimensions or channels than the network's.
        """
        self._check(x)
        array = np.ascontiguousarray(
            x.detach().to("cpu", torch.float32).as_subclass(torch.Tensor).numpy()
        )
        found = self._session.run(None, {self._input.name: array})
        outputs = tuple(torch.from_numpy(y).to(x.device) for y in found)
        return outputs[0] if len(outputs) == 1 else outputs

    def _check(self, x: torch.Tensor) -> None:
        wanted = self._input.shape
        wrong = x.dim() != len(wanted) or any(
            isinstance(w, int) and w != n for w, n in zip(wanted, x.shape)
        )
        if wrong:
            raise InputError(
                "the image does not fit the network",
                where=self.path,
                got="×".join(map(str, x.shape)),
                expected="×".join(map(str, wanted)),
            )


def _open(path: Path, providers: list[str], threads: int | None) -> Any:
    runtime = require("onnxruntime", "export")
    if not path.is_file():
        raise InputError(
            "there is no such file",
            where=path,
            remedy="write it with: mritumor export BUNDLE --to onnx",
        )
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads or torch.get_num_threads()
    try:
        return runtime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # pybind classes of ONNX Runtime, not one base
        raise InputError(
            f"ONNX Runtime cannot read this: {first_line(error)}", where=path
        ) from None
