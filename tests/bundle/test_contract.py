"""Every bundle keeps the contract, by MONAI's own commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from monai.bundle import ConfigParser, create_workflow
from monai.bundle.scripts import ckpt_export, verify_metadata, verify_net_in_out

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.stem for path in (ROOT / "configs/bundles").glob("*.yaml"))
FILES = [
    "LICENSE",
    "configs/metadata.json",
    "configs/train.json",
    "configs/evaluate.json",
    "configs/inference.json",
    "configs/inference_trt.json",
    "configs/multi_gpu_train.json",
    "configs/multi_gpu_evaluate.json",
    "configs/logging.conf",
    "docs/README.md",
    "docs/data_license.txt",
]
IDS = {
    "train": """imports bundle_root ckpt_dir output_dir dataset_dir epochs device network_def
        network loss optimizer lr_scheduler train#preprocessing train#dataset train#dataset#data
        train#dataloader train#inferer train#postprocessing train#handlers train#key_metric
        train#trainer validate#preprocessing validate#dataset validate#dataset#data
        validate#dataloader validate#inferer validate#postprocessing validate#handlers
        validate#key_metric validate#evaluator initialize finalize run training""".split(),
    "evaluate": "validate#handlers initialize run evaluating".split(),
    "inference": """imports bundle_root ckpt_dir output_dir dataset_dir datalist device
        network_def network preprocessing dataset dataloader inferer postprocessing handlers
        evaluator initialize run infer""".split(),
}


@pytest.fixture(params=NAMES)
def bundle(request: pytest.FixtureRequest, root: Path) -> Path:
    return root / "bundles" / request.param


def test_all_files_are_there(bundle: Path) -> None:
    assert [f for f in FILES if not (bundle / f).is_file()] == []


@pytest.mark.parametrize("config", IDS)
def test_all_ids_are_there(bundle: Path, config: str) -> None:
    content = json.loads((bundle / f"configs/{config}.json").read_text())
    parser = ConfigParser(content)
    assert [i for i in IDS[config] if i not in parser and i not in content] == []


def test_overlay_of_tensorrt_loads_a_script_and_no_checkpoint(bundle: Path) -> None:
    configs = bundle / "configs"
    names = ("inference", "inference_trt")
    parser = ConfigParser()
    parser.read_config([configs / f"{name}.json" for name in names])
    alone = json.loads((configs / "inference.json").read_text())
    assert parser["imports"] == [*alone["imports"], "$import torch_tensorrt"]
    assert "torch.jit.load" in parser["network_def"]
    loader, *others = parser["handlers"]
    assert loader["_target_"] == "CheckpointLoader" and loader["_disabled_"] is True
    assert others == alone["handlers"][1:]
    assert parser["evaluator#amp"] is False


def test_metadata_verifies_without_network(bundle: Path) -> None:
    verify_metadata(
        meta_file=str(bundle / "configs/metadata.json"),
        filepath=str(bundle / "configs/metadata_schema.json"),
    )


def test_values_are_named_and_contiguous(bundle: Path) -> None:
    metadata = json.loads((bundle / "configs/metadata.json").read_text())
    channels = metadata["network_data_format"]["outputs"]["pred"]["channel_def"]
    assert list(channels) == [str(i) for i in range(len(channels))]
    inference = json.loads((bundle / "configs/inference.json").read_text())
    if bundle.name.endswith("_classification"):
        assert list(channels.values()) == inference["class_names"]
        return
    assert channels["0"] == "background"
    assert sorted(inference["region_values"]) == [int(v) for v in channels if int(v)]


def test_shipped_weights_are_those_of_the_card(bundle: Path) -> None:
    """By hash, loadable without executing code, and complete."""
    import hashlib

    import torch

    metadata = json.loads((bundle / "configs/metadata.json").read_text())
    file = bundle / "models/model.pt"
    assert file.is_file() == ("weights" in metadata)
    if not file.is_file():
        pytest.skip("this bundle ships no weights")
    assert file.stat().st_size < 50e6
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert digest == metadata["weights"]["sha256"]
    parser = ConfigParser(json.loads((bundle / "configs/inference.json").read_text()))
    network = parser.get_parsed_content("network_def")
    network.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))


def test_network_fits_metadata(bundle: Path) -> None:
    verify_net_in_out(
        net_id="network_def",
        meta_file=str(bundle / "configs/metadata.json"),
        config_file=str(bundle / "configs/inference.json"),
    )


@pytest.mark.parametrize("workflow", ["train", "infer"])
def test_no_property_is_missing(
    tiny_bundle: Path, trained_bundle: Path, phantoms: Path, workflow: str
) -> None:
    config = {"train": "train", "infer": "inference"}[workflow]
    built = create_workflow(
        config_file=str(trained_bundle / f"configs/{config}.json"),
        workflow_type=workflow,
        dataset_dir=str(phantoms),
        output_dir=str(trained_bundle / "runs/properties"),
    )
    assert built.check_properties() == []


def test_exports_to_torchscript(trained_bundle: Path, tmp_path: Path) -> None:
    import torch

    ckpt_export(
        net_id="network_def",
        filepath=str(tmp_path / "model.ts"),
        ckpt_file=str(trained_bundle / "models/model.pt"),
        meta_file=str(trained_bundle / "configs/metadata.json"),
        config_file=str(trained_bundle / "configs/inference.json"),
    )
    scripted = torch.jit.load(tmp_path / "model.ts").eval()
    parser = ConfigParser(
        json.loads((trained_bundle / "configs/inference.json").read_text())
    )
    network = parser.get_parsed_content("network_def").eval()
    network.load_state_dict(
        torch.load(trained_bundle / "models/model.pt", weights_only=True)
    )
    image = torch.randn(1, 4, 37, 32, 41)
    with torch.no_grad():
        assert torch.allclose(scripted(image), network(image), atol=1e-5)


def test_runs_without_initialize_as_embedding_programs_do(
    trained_bundle: Path, phantoms: Path, tmp_path: Path
) -> None:
    """One 4-D file, ids overridden, no `initialize`: the way of a bundle runner."""
    import nibabel as nib
    import numpy as np

    item = json.loads((phantoms / "datalist.json").read_text())["testing"][0]
    files = [nib.load(phantoms / path) for path in item["image"]]
    stacked = np.stack([np.asarray(f.dataobj) for f in files], axis=-1)
    volume = tmp_path / "input/volume.nii.gz"
    volume.parent.mkdir()
    nib.save(nib.Nifti1Image(stacked, files[0].affine), volume)
    parser = ConfigParser()
    parser.read_meta(str(trained_bundle / "configs/metadata.json"))
    parser.read_config(str(trained_bundle / "configs/inference.json"))
    parser["bundle_root"] = str(trained_bundle)
    parser["device"] = "cpu"
    parser["dataset_dir"] = str(volume.parent)
    parser["output_dir"] = str(tmp_path / "output")
    parser["datalist"] = [str(volume)]
    parser["dataloader"]["num_workers"] = 0
    parser.get_parsed_content("dataloader")
    parser.get_parsed_content("evaluator").run()
    (saved,) = (tmp_path / "output").glob("*.nii*")
    assert saved.name == "volume_seg.nii.gz"
    image = nib.load(saved)
    assert image.shape == files[0].shape and image.get_data_dtype() == np.uint8
    assert np.allclose(image.affine, files[0].affine)
