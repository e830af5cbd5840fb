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

from mritumor._lazy import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
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
    },
)
