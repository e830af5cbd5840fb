"""Pre-trained weights are looked for where a training begins, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from monai.bundle import ConfigParser

from mritumor.errors import MRITumorError
from mritumor.networks import pretrained

ROOT = Path(__file__).resolve().parent.parent.parent
# As laid over each other: of a training, an evaluation, an inference.
RUNS = {
    "training": ["train"],
    "evaluating": ["train", "evaluate"],
    "infer": ["inference"],
}
OVERLAYS = [
    ("figshare_classification", "kotob_classification", "network_def#backbone"),
    ("tumor_type_classification", "amin_classification", "network_def#backbone"),
    ("figshare_segmentation", "kotob_segmentation", "network_def#encoder"),
    ("figshare_joint_segmentation", "mandot_joint", "network_def#unet#encoder"),
]


def asked(
    bundle: str, overlay: str, model: str, run: str, monkeypatch: pytest.MonkeyPatch
) -> list[str]:
    """Return the models that timm was asked to fill."""
    found: list[str] = []

    def refuse(name: str, options: dict) -> torch.nn.Module:
        found.append(name)
        raise MRITumorError("not here", where=name)

    monkeypatch.setattr(pretrained, "_from_timm", refuse)
    configs = ROOT / "bundles" / bundle / "configs"
    parser = ConfigParser()
    files = [configs / f"{name}.json" for name in RUNS[run]]
    files.append(ROOT / f"configs/papers/{overlay}.yaml")
    parser.update(ConfigParser.load_config_files([str(file) for file in files]))
    parser[model] = "resnet10t"
    parser.get_parsed_content("network_def")
    return found


@pytest.mark.parametrize(("bundle", "overlay", "model"), OVERLAYS)
@pytest.mark.filterwarnings("ignore:.*going on with random weights")
def test_only_training_asks(
    bundle: str, overlay: str, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = {run: asked(bundle, overlay, model, run, monkeypatch) for run in RUNS}
    assert tried == {"training": ["resnet10t"], "evaluating": [], "infer": []}


@pytest.mark.parametrize("path", sorted((ROOT / "configs").rglob("*.yaml")))
def test_no_network_asks_by_itself(path: Path) -> None:
    """A network_def that says "auto" would ask in every run."""
    lines = [line.split("#")[0] for line in path.read_text().splitlines()]
    own = [line for line in lines if "pretrained:" in line]
    allowed = {'"@pretrained"', "false"} | ({"auto"} if "base" in path.parts else set())
    assert {line.split("pretrained:")[1].strip() for line in own} <= allowed


def test_cached_features_are_those_of_the_weights_to_start_from(
    tmp_path: Path,
) -> None:
    parser = ConfigParser()
    config = ROOT / "bundles/figshare_classification/configs/train.json"
    overlay = ROOT / "configs/papers/alshomrani_classification.yaml"
    parser.update(ConfigParser.load_config_files([str(config), str(overlay)]))
    parser["network_def#backbone"] = "resnet10t"
    parser["image_size"], parser["pretrained"] = 64, False
    other = parser.get_parsed_content("network_def")
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.fill_(0.25)
    torch.save(other.state_dict(), tmp_path / "start.pt")
    parser.parse(reset=True)
    parser["init_weights"] = str(tmp_path / "start.pt")
    # The data may be cached before anybody asks for the network.
    (features,) = parser.get_parsed_content("random_transforms")
    first, *_ = features.features.network.parameters()
    assert torch.equal(first, torch.full_like(first, 0.25))
