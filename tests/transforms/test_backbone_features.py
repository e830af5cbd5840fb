"""Features computed once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from monai.data import CacheDataset, DataLoader, MetaTensor
from monai.transforms import Compose
from torch import nn

from mritumor.errors import InputError
from mritumor.networks import Classifier
from mritumor.transforms import BackboneFeatures, BackboneFeaturesd


@pytest.fixture(scope="module")
def network() -> Classifier:
    torch.manual_seed(0)
    return Classifier(1, 2, "test_resnet", frozen=["backbone"])


@pytest.mark.parametrize("kind", ["array", "tensor", "meta"])
def test_the_networks_own_features(network: Classifier, kind: str) -> None:
    image = torch.rand(1, 40, 64)
    given = {"array": image.numpy(), "tensor": image, "meta": MetaTensor(image)}[kind]
    network.train()
    found = BackboneFeatures(network)(given)
    assert network.training  # left as it was
    with torch.no_grad():
        expected = network.eval().features(image[None])[0]
    torch.testing.assert_close(torch.as_tensor(np.asarray(found)), expected)
    assert isinstance(found, MetaTensor) == (kind == "meta")


def test_the_file_is_still_known(network: Classifier) -> None:
    image = MetaTensor(torch.rand(1, 64, 64), meta={"filename_or_obj": "a.png"})
    found = BackboneFeaturesd("image", network)({"image": image, "label": 1})
    assert found["image"].meta["filename_or_obj"] == "a.png"
    assert found["label"] == 1


def test_the_head_learns_from_the_cache(network: Classifier) -> None:
    """Two classes of brightness; the whole network then knows them too."""
    torch.manual_seed(0)
    images = torch.rand(16, 1, 64, 64) * torch.tensor([0.2, 1.0]).repeat(8).view(
        -1, 1, 1, 1
    )
    items = [{"image": x, "label": n % 2} for n, x in enumerate(images)]
    chain = Compose([BackboneFeaturesd("image", network)])
    loader = DataLoader(CacheDataset(items, chain, progress=False), batch_size=8)
    optimizer = torch.optim.Adam(network.parameters(), 0.05)
    network.train()
    for _ in range(40):
        for batch in loader:
            assert batch["image"].shape == (8, network.num_features)
            loss = nn.functional.cross_entropy(network(batch["image"]), batch["label"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        found = network.eval()(images).argmax(dim=1)
    assert found.tolist() == [0, 1] * 8


def test_a_network_without_features_is_refused() -> None:
    with pytest.raises(InputError, match="network: .*found Conv2d"):
        BackboneFeatures(nn.Conv2d(1, 1, 1))
