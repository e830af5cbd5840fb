"""Mask and class in one loss."""

from __future__ import annotations

import pytest
import torch
from monai.data import MetaTensor
from monai.losses import DeepSupervisionLoss, DiceCELoss
from torch.nn import functional as F

from mritumor.errors import InputError
from mritumor.losses import UNKNOWN_CLASS, FocalTverskyLoss, MultiTaskLoss
from mritumor.networks import JointNetwork, ResidualAttentionUNet

DICE_CE = DiceCELoss(sigmoid=True, batch=True, smooth_nr=1.0, smooth_dr=1.0)
CLASSES = torch.tensor([0, 2, 1, 1])


def joint(size: int = 16, seed: int = 0, mask_only: bool = False) -> torch.Tensor:
    """Return the output of a joint network for 4 images, 1 mask, 3 classes."""
    generator = torch.Generator().manual_seed(seed)
    mask = torch.randn(4, 1, size, size, generator=generator)
    classes = torch.randn(4, 3, 1, 1, generator=generator).expand(-1, -1, size, size)
    return (mask if mask_only else torch.cat([mask, classes], 1)).requires_grad_()


def masks(size: int = 16) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return (torch.rand(4, 1, size, size, generator=generator) > 0.7).float()


def target(**changes: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"label": masks(), "class": CLASSES} | changes


def class_loss(pred: torch.Tensor, keep: slice = slice(None)) -> torch.Tensor:
    return F.cross_entropy(pred[keep, 1:].mean((2, 3)), CLASSES[keep])


def test_is_the_weighted_sum_of_the_parts() -> None:
    pred, loss = joint(), MultiTaskLoss(weights=(2.0, 0.5))
    mask = DICE_CE(pred[:, :1], masks())
    torch.testing.assert_close(loss(pred, target()), 2 * mask + 0.5 * class_loss(pred))
    torch.testing.assert_close(loss.parts["mask"], mask.detach())
    torch.testing.assert_close(loss.parts["class"], class_loss(pred).detach())
    assert not loss.parts["mask"].requires_grad


def test_class_weights() -> None:
    pred, weights = joint(), [1.0, 2.0, 4.0]
    loss = MultiTaskLoss(class_weights=weights)
    loss(pred, target())
    expected = F.cross_entropy(pred[:, 1:, 0, 0], CLASSES, torch.tensor(weights))
    torch.testing.assert_close(loss.parts["class"], expected.detach())


@pytest.mark.parametrize("mask_only", [True, False])
def test_deep_supervision(mask_only: bool) -> None:
    preds = [joint(16), joint(8, 1, mask_only), joint(4, 2, mask_only)]
    loss = MultiTaskLoss()
    total = loss(preds, target())
    supervised = DeepSupervisionLoss(DICE_CE)([p[:, :1] for p in preds], masks())
    torch.testing.assert_close(total, supervised + class_loss(preds[0]))
    total.backward()
    assert all(p.grad.isfinite().all() for p in preds)


def test_level_weights() -> None:
    preds, loss = [joint(16), joint(8, 1)], MultiTaskLoss(level_weights=[1.0, 0.0])
    loss(preds, target())
    torch.testing.assert_close(
        loss.parts["mask"], DICE_CE(preds[0][:, :1], masks()).detach()
    )


@pytest.mark.parametrize("meta", [True, False])
def test_unknown_targets_take_no_part(meta: bool) -> None:
    label, classes = masks(), CLASSES.clone()
    label[0], classes[3] = torch.nan, UNKNOWN_CLASS
    pred, loss = joint(), MultiTaskLoss()
    given = MetaTensor(label) if meta else label
    loss(pred, {"label": given, "class": classes[:, None]}).backward()
    expected = DICE_CE(pred[1:, :1], masks()[1:]).detach()
    torch.testing.assert_close(loss.parts["mask"], expected)
    torch.testing.assert_close(loss.parts["class"], class_loss(pred, slice(3)).detach())
    assert pred.grad.isfinite().all()
    assert not pred.grad[0, 0].any() and not pred.grad[3, 1:].any()
    assert pred.grad[0, 1:].any() and pred.grad[3, 0].any()


NOTHING = {
    "marked": {"label": masks() * torch.nan, "class": torch.full((4,), UNKNOWN_CLASS)},
    "absent": {},
}


@pytest.mark.parametrize("weights", [(1.0, 1.0), "uncertainty"])
@pytest.mark.parametrize("given", NOTHING.values(), ids=NOTHING)
def test_nothing_known_is_zero_with_a_gradient(
    given: dict[str, torch.Tensor], weights: tuple[float, float] | str
) -> None:
    preds, loss = [joint(), joint(8)], MultiTaskLoss(weights=weights)
    total = loss(preds, given)
    total.backward()
    assert total == 0 and loss.parts == {}
    assert all(p.grad is not None and not p.grad.any() for p in preds)
    assert all(not p.grad.any() for p in loss.parameters())


def test_fits_the_joint_network() -> None:
    unet = {"spatial_dims": 2, "channels": [4, 8, 8], "strides": [2, 2]}
    network = JointNetwork(
        ResidualAttentionUNet(
            **unet, in_channels=1, out_channels=1, deep_supervision=1
        ),
        num_classes=3,
    ).train()
    loss = MultiTaskLoss(weights="uncertainty")
    loss(network(torch.randn(4, 1, 16, 16)), target()).backward()
    assert set(loss.parts) == {"mask", "class"}
    grads = [p.grad for p in [*network.parameters(), *loss.parameters()]]
    assert all(g is not None and g.isfinite().all() for g in grads)


def test_any_mask_loss_and_integer_masks() -> None:
    pred, own = joint(), FocalTverskyLoss(sigmoid=True)
    loss = MultiTaskLoss(own, weights=(1, 0))
    total = loss(pred, target(label=masks().byte()))
    torch.testing.assert_close(total, own(pred[:, :1], masks()))


def test_an_image_alone_counts_as_in_a_list() -> None:
    loss = MultiTaskLoss()
    assert loss(joint(), target()) == loss([joint()], target())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"class": torch.tensor([0, 1, 2, 3])}, "class that the network does not have"),
        (
            {"class": torch.tensor([0, 1, 2, -2])},
            "class that the network does not have",
        ),
        ({"label": masks().index_fill(3, torch.tensor(0), torch.nan)}, "some NaN"),
    ],
)
def test_bad_targets(changes: dict[str, torch.Tensor], message: str) -> None:
    with pytest.raises(InputError, match=message):
        MultiTaskLoss()(joint(), target(**changes))


@pytest.mark.parametrize(
    "wrong",
    [
        {"weights": "uncertain"},
        {"weights": (1.0,)},
        {"weights": (-1.0, 1.0)},
        {"weights": (0, 0)},
        {"class_loss": torch.nn.CrossEntropyLoss(), "class_weights": [1.0, 1.0]},
    ],
)
def test_bad_settings(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        MultiTaskLoss(**wrong)


@pytest.mark.parametrize(
    "own", [{"weights": "uncertainty"}, {"class_weights": [1.0, 1.0, 2.0]}]
)
def test_another_device_is_said(own: dict[str, object]) -> None:
    with pytest.raises(InputError, match="meta.*cpu.*device"):
        MultiTaskLoss(**own, device="meta")(joint(), target())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(dtype: torch.dtype) -> None:
    half, loss = joint().detach().to(dtype), MultiTaskLoss(weights="uncertainty")
    value = loss(half, target())
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, loss(joint(), target()), atol=0.02, rtol=0)
