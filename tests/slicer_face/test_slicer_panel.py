"""The panel: its thinking, and its clicks on stubs of the widgets."""

from __future__ import annotations

import ast
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import nibabel as nib
import numpy as np
import pytest
import stub_qt
from known_answers import NAMES

from mritumor.errors import BundleError
from mritumor.slicer import Session, absent, needs, obstacle, read_facts, suggest
from mritumor.slicer.nodes import read_channels

MODALITIES = ("t1n", "t1c", "t2w", "t2f")
Add = Callable[..., Any]


def test_facts_come_from_the_metadata(root: Path, bright_bundle: Path) -> None:
    facts = read_facts(bright_bundle)
    assert facts.modalities == MODALITIES
    assert dict(facts.labels) == NAMES
    assert facts.fills_missing and facts.has_weights
    assert "Outlines necrotic core, oedema, enhancing tumour." in facts.about
    assert "not for diagnosis" in facts.about


def test_facts_of_folders_that_do_not_serve(tmp_path: Path, tiny_bundle: Path) -> None:
    with pytest.raises(BundleError, match="no bundle: .*choose a folder that holds"):
        read_facts(tmp_path)
    folder = tmp_path / "x"
    shutil.copytree(tiny_bundle, folder)
    file = folder / "configs/metadata.json"
    meta = json.loads(file.read_text())
    pred = meta["network_data_format"]["outputs"]["pred"]
    pred["format"] = "classes"
    file.write_text(json.dumps(meta))
    with pytest.raises(BundleError, match="does not outline .*'classes'"):
        read_facts(folder)
    del meta["network_data_format"]["inputs"]["image"]["channel_def"]
    file.write_text(json.dumps(meta))
    with pytest.raises(BundleError, match="does not say what goes in .*channel_def"):
        read_facts(folder)
    file.write_text("{")
    with pytest.raises(BundleError, match="metadata.json: this is no JSON"):
        read_facts(folder)


def test_volumes_are_suggested_by_name() -> None:
    names = ["P1_FLAIR", "5: T1 post contrast", "Segmentation", "P1_t2.nii", "T1c old"]
    assert suggest(MODALITIES, names) == {"t2f": 0, "t2w": 3}  # two claim t1c
    assert suggest(MODALITIES, names[:4]) == {"t2f": 0, "t1c": 1, "t2w": 3}
    assert suggest(("T1c", "x"), ["x", "T1c"]) == {}


def test_what_keeps_a_run_from_starting(tiny_bundle: Path, bright_bundle: Path) -> None:
    assert obstacle(None, []) == "choose the folder of a bundle"
    assert "no weights yet" in str(obstacle(read_facts(tiny_bundle), MODALITIES))
    facts = read_facts(bright_bundle)
    assert obstacle(facts, MODALITIES) is None
    assert obstacle(facts, ["t1c"]) is None  # it was trained to do without
    assert obstacle(facts, []) == "choose one volume or more"
    assert obstacle(facts, [], whole=True) is None
    strict = type(facts)(**{**vars(facts), "fills_missing": False})
    assert obstacle(strict, ["t1c", "t2w"]) == "choose a volume for t1n, t2f"
    assert obstacle(strict, [], whole=True) is None


def test_what_is_installed_leaves_slicer_s_own_alone() -> None:
    wants = [
        "monai[fire]<1.7,>=1.5",
        "torch>=2.4",
        "SimpleITK >=2.4",
        "numpy>=1.26",
        'pytest>=8; extra == "test"',
        "slicer-core; (sys_platform != 'linux') and extra == 'slicer'",
        "PyYAML>=6",
    ]
    assert needs(wants, lambda name: name != "torch") == [
        "monai[fire]<1.7,>=1.5",
        "torch>=2.4",
        "PyYAML>=6",
    ]
    assert needs(wants, lambda name: True) == ["monai[fire]<1.7,>=1.5", "PyYAML>=6"]
    assert absent(wants, lambda name: name in ("torch", "numpy", "monai")) == [
        "SimpleITK",
        "PyYAML",
    ]


def test_this_environment_lacks_nothing_of_the_core() -> None:
    assert not {"monai", "torch", "SimpleITK", "PyYAML"} & set(absent())
    assert any(need.startswith("monai") for need in needs())


@pytest.fixture
def panel(
    core: Any, scene: Any, root: Path, monkeypatch: pytest.MonkeyPatch
) -> ModuleType:
    """The panel's file, imported among stubs."""
    for name, stub in stub_qt.MODULES.items():
        monkeypatch.setitem(sys.modules, name, stub)
    said: list[str] = []
    for name, widget in stub_qt.WIDGETS.items():
        monkeypatch.setattr(core, name, widget, raising=False)
    monkeypatch.setattr(core, "app", stub_qt.App(), raising=False)
    monkeypatch.setattr(core, "mrmlScene", scene, raising=False)
    monkeypatch.setattr(core.util, "errorDisplay", said.append)
    file = root / "slicer_module/MRITumor/MRITumor.py"
    spec = importlib.util.spec_from_file_location("MRITumor", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.said = said  # type: ignore[attr-defined]
    monkeypatch.setattr(module, "installed", lambda: True)
    return module


@pytest.fixture
def study(phantoms: Path, add_volume: Add) -> dict[str, Any]:
    """A phantom's four sequences, loaded under names that tell what they are."""
    item = json.loads((phantoms / "datalist.json").read_text())["testing"][0]
    nodes = {}
    for modality, file in zip(MODALITIES, item["image"]):
        image = nib.load(phantoms / file)
        array = image.get_fdata(dtype=np.float32)
        nodes[modality] = add_volume(array, image.affine, f"P1_{modality}")
    return nodes


def opened(panel: ModuleType, bundle: Path) -> Any:
    widget = panel.MRITumorWidget()
    widget.setup()
    widget.bundle.choose(str(bundle))
    return widget


def test_choosing_a_bundle_does_not_wait_for_torch(tiny_bundle: Path) -> None:
    code = (
        "import sys; from mritumor.slicer import absent, needs, obstacle, read_facts;"
        f"absent(); needs(); obstacle(read_facts({str(tiny_bundle)!r}), ['t1c']);"
        "heavy = {'torch', 'monai', 'SimpleITK', 'slicer', 'vtk'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_panel_can_be_read_by_older_slicers(root: Path) -> None:
    """It must at least say that the Slicer is too old (Python 3.9)."""
    text = (root / "slicer_module/MRITumor/MRITumor.py").read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 9))


def test_the_module_names_itself(panel: ModuleType) -> None:
    parent = SimpleNamespace()
    panel.MRITumor(parent)
    assert parent.title == "MRI Tumor" and parent.categories == ["Segmentation"]
    icon = Path(panel.__file__ or "").parent / "Resources/Icons/MRITumor.png"
    assert icon.read_bytes().startswith(b"\x89PNG")


def test_from_bundle_to_table(
    panel: ModuleType, study: dict[str, Any], bright_bundle: Path
) -> None:
    """Choosing the bundle is enough when the volumes' names tell what they are."""
    from mritumor.inference import Predictor

    widget = opened(panel, bright_bundle)
    assert list(widget.selectors) == list(MODALITIES)
    chosen = {m: s.currentNode() for m, s in widget.selectors.items()}
    assert all(chosen[m] is study[m] for m in MODALITIES)
    assert widget.reference.items == list(MODALITIES)
    assert widget.device.items[-1] == "cpu"
    assert widget.runButton.enabled and not widget.cancelButton.enabled
    widget.device.setCurrentIndex(widget.device.count - 1)
    widget.reference.setCurrentIndex(1)
    widget.runButton.click()
    assert panel.said == [] and widget.message.text.startswith("Done in ")
    assert widget.progress.value == 100 and panel.slicer.app.ticks > 4
    assert widget.bundle.history == [str(bright_bundle)]
    table = widget.table.node.GetTable()
    assert [table.GetValue(r, 0).ToString() for r in range(3)] == list(NAMES.values())
    assert widget.show3D.node.GetName() == "P1_t1c tumour"
    channels = [read_channels(study[m])[0] for m in MODALITIES]
    expected = Predictor(bright_bundle, device="cpu")(
        np.stack([c.volume.array for c in channels]), channels[0].affine
    )
    for row, volume in enumerate(expected.volumes.values()):
        assert table.GetValue(row, 3).ToDouble() == pytest.approx(volume) and volume
    assert widget.runButton.enabled and not widget.cancelButton.enabled


def test_cancel_during_a_run(
    panel: ModuleType, study: dict[str, Any], bright_bundle: Path, scene: Any
) -> None:
    widget = opened(panel, bright_bundle)
    widget.device.setCurrentIndex(widget.device.count - 1)
    clicks: list[bool] = []

    def meanwhile(tick: int) -> None:
        clicks.append(widget.runButton.enabled)
        if tick == 3:  # after loading and reading: the first window
            widget.cancelButton.click()

    panel.slicer.app.meanwhile = meanwhile
    before = scene.GetNumberOfNodes()
    widget.runButton.click()
    assert widget.message.text == "Cancelled; nothing was changed."
    assert widget.progress.value == 0 and panel.said == []
    assert clicks == [False] * 3 and scene.GetNumberOfNodes() == before
    panel.slicer.app.meanwhile = None
    widget.runButton.click()  # the next run is not cancelled too
    assert widget.message.text.startswith("Done in ")


def test_left_out_and_unusable_volumes(
    panel: ModuleType, study: dict[str, Any], bright_bundle: Path, scene: Any
) -> None:
    widget = opened(panel, bright_bundle)
    widget.selectors["t2w"].setCurrentNode(None)
    assert widget.reference.items == ["t1n", "t1c", "t2f"]
    widget.device.setCurrentIndex(widget.device.count - 1)
    widget.runButton.click()
    assert widget.message.text.endswith("Without t2w.")
    bare = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "bare")
    widget.selectors["t2w"].setCurrentNode(bare)
    widget.runButton.click()
    assert panel.said == ["bare: the volume holds no voxels"]
    assert widget.message.text == panel.said[0] and widget.runButton.enabled
    for selector in widget.selectors.values():
        selector.setCurrentNode(None)
    assert not widget.runButton.enabled
    assert widget.runButton.toolTip == "choose one volume or more"


def test_one_volume_with_all_sequences(
    panel: ModuleType, study: dict[str, Any], bright_bundle: Path, add_volume: Add
) -> None:
    channels = [read_channels(node)[0] for node in study.values()]
    image = np.stack([c.volume.array for c in channels])
    node = add_volume(image, channels[0].affine, "all")
    widget = opened(panel, bright_bundle)
    widget.whole.setCurrentNode(node)
    assert widget.reference.items == []
    widget.device.setCurrentIndex(widget.device.count - 1)
    widget.runButton.click()
    assert panel.said == [] and widget.show3D.node.GetName() == "all tumour"


def test_bundles_are_changed_and_refused(
    panel: ModuleType, tiny_bundle: Path, tmp_path: Path, root: Path
) -> None:
    widget = opened(panel, tmp_path)
    assert "this folder is no bundle" in widget.about.text
    assert widget.selectors == {} and not widget.runButton.enabled
    widget.bundle.choose(str(tiny_bundle))
    assert len(widget.selectors) == 4 and "no weights" in widget.runButton.toolTip
    widget.bundle.choose(str(root / "bundles/lgg_3d_segmentation"))
    assert list(widget.selectors) == ["t1n", "t2f", "t1c"]
    widget.bundle.choose("")
    assert widget.selectors == {} and widget.whole is None


def test_installing_asks_first(
    panel: ModuleType, monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    asked: list[str] = []
    piped: list[Any] = []
    answers = iter([False, True])
    util = panel.slicer.util
    monkeypatch.setattr(util, "pip_install", piped.append)
    monkeypatch.setattr(
        util, "confirmOkCancelDisplay", lambda *t: asked.append(t[0]) or next(answers)
    )
    monkeypatch.setattr(panel, "installed", lambda: bool(piped))
    widget = panel.MRITumorWidget()
    widget.setup()
    assert widget.installButton.visible and not widget.runButton.enabled
    assert widget.runButton.toolTip == "install mritumor first"
    widget.installButton.click()
    assert len(asked) == 1 and piped == []
    widget.installButton.click()
    assert piped[0] == ["--no-deps", str(root)] and piped[1] == needs()
    assert not widget.installButton.visible
    monkeypatch.setattr(panel, "OLDEST", (99, 0))
    widget.installButton.click()
    assert len(piped) == 2 and "needs Python 99.0" in panel.said[-1]


def test_whatever_fails_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("CUDA out of memory\nTried to allocate")

    monkeypatch.setattr("mritumor.slicer.session.Predictor", broken)
    answer = Session().attempt("x", {}, "cpu")
    assert answer.failed and answer.done is None
    assert answer.message == "RuntimeError: CUDA out of memory"
    assert "Tried to allocate" in caplog.text
