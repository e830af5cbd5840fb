"""Networks: MONAI's blocks, put together for multi-sequence brain MRI.

Each network takes images (B, C, I, J, K) or (B, C, H, W) and returns logits; nothing
here thresholds, normalises or knows about files. All of them are checked by one shared
tester (``tests/networks/network_tester.py``): odd sizes, TorchScript, ONNX, mixed
precision, gradients.

- `ResidualAttentionUNet`: the regular, residual and attention U-Net in one class.
- `EncoderUNet`: a U-Net on any of timm's backbones, pre-trained if wanted.
- `Classifier`: a backbone with a dense head; `freeze` keeps blocks of any network.
- `JointNetwork`: mask and class in one pass, on either U-Net; `split_joint` takes its
  output apart; `UNetClassifier` is its half without the decoder.
- `RUNet`, `DeepResidualUNet`, `PlainCNN`: networks of the papers.
- `AttentionGate`: the gate on the skip connections of both.
- `TimmEncoder`: the feature pyramid of a backbone, at any image size.

Names are loaded when first touched, so importing this package does not load torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "AttentionGate": "attention_gate",
    "ClassHead": "class_head",
    "Classifier": "classifier",
    "DeepResidualUNet": "deep_residual_unet",
    "EncoderUNet": "encoder_unet",
    "JointNetwork": "joint",
    "PlainCNN": "plain_cnn",
    "RUNet": "runet",
    "ResidualAttentionUNet": "residual_attention_unet",
    "TimmEncoder": "timm_encoder",
    "UNetClassifier": "class_head",
    "freeze": "freezing",
    "split_joint": "joint",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
