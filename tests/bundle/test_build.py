"""Compiling bundles from their sources."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

from mritumor.bundle.build import build_bundle, merge, splice
from mritumor.errors import BundleError

ROOT = Path(__file__).resolve().parents[2]
NAMES = sorted(path.stem for path in (ROOT / "configs/bundles").glob("*.yaml"))


def test_merge_goes_key_by_key_and_replaces_the_rest() -> None:
    base = {"a": {"x": 1, "y": [1, 2]}, "b": 3}
    assert merge(base, {"a": {"y": [9]}}) == {"a": {"x": 1, "y": [9]}, "b": 3}
    assert base == {"a": {"x": 1, "y": [1, 2]}, "b": 3}


def test_merge_appends_to_lists_on_request() -> None:
    assert merge({"a": [1]}, {"a+": [2], "b+": [3]}) == {"a": [1, 2], "b": [3]}


def test_unknown_section_is_named(tmp_path: Path) -> None:
    source = tmp_path / "x.yaml"
    source.write_text("trian: {}", encoding="utf-8")
    with pytest.raises(BundleError, match="did you mean 'train'"):
        build_bundle(source, tmp_path)


def test_missing_base_is_named(tmp_path: Path) -> None:
    source = tmp_path / "x.yaml"
    source.write_text("extends: nowhere", encoding="utf-8")
    with pytest.raises(
        BundleError, match="nowhere.yaml: there is no such config source"
    ):
        build_bundle(source, tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_bundles_equal_a_fresh_build(name: str, root: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        "builder", root / "tools/build_bundles.py"
    )
    assert spec is not None and spec.loader is not None
    builder = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(builder)
    assert builder.outdated(name) == []


def test_every_source_is_built(root: Path) -> None:
    sources = {path.stem for path in (root / "configs/bundles").glob("*.yaml")}
    assert sources == {
        path.name for path in (root / "bundles").iterdir() if path.is_dir()
    }
    assert sources == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_train_and_inference_share_their_parts(name: str, root: Path) -> None:
    configs = root / "bundles" / name / "configs"
    train, inference = (
        json.loads((configs / f"{n}.json").read_text()) for n in ("train", "inference")
    )
    for shared in (
        "network_def",
        "image_transforms",
        "modalities",
        "region_values",
        "roi_size",
        "image_size",
        "class_names",
        "temperature",
    ):
        assert train.get(shared) == inference.get(shared), shared
    assert "network_def" in train and "modalities" in train


@pytest.mark.parametrize("name", NAMES)
def test_named_handlers_stand_in_the_list_as_mappings(name: str, root: Path) -> None:
    """MONAI Label inserts a handler and asks each for its _target_."""
    train = json.loads((root / "bundles" / name / "configs/train.json").read_text())
    handlers = train["train"]["handlers"]
    assert all(isinstance(handler, dict) for handler in handlers)
    names = [handler.get("val") for handler in handlers if "val" in handler]
    assert names == ["@weight_average", "@checkpoints"]
    assert train["checkpoints"]["_target_"].endswith(".Checkpoints")


def test_brats_regions_are_those_of_the_data_floor(root: Path) -> None:
    from mritumor.data.labels import BRATS_REGIONS

    train = json.loads(
        (root / "bundles/brats_segmentation/configs/train.json").read_text()
    )
    regions = dict(zip(train["region_names"], map(tuple, train["regions"])))
    assert regions == dict(BRATS_REGIONS)


def test_named_lists_are_put_in_place() -> None:
    ids = {"all": ["...first", {"a": 1}, "...none"], "first": [1, 2], "none": []}
    assert splice({**ids, "kept": [3]}) == {"all": [1, 2, {"a": 1}], "kept": [3]}
    with pytest.raises(BundleError, match="names no list"):
        splice({"all": ["...first"], "first": "$[1]"})
