"""Several prepared sets as one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mritumor.cli.main import main
from mritumor.data import read_datalist
from mritumor.data.datalist import write_datalist
from mritumor.data.merge import merge_datalists
from mritumor.errors import InputError, LeakageError


def make(folder: Path, patients: dict[str, str], **facts: Any) -> Path:
    """Write a set; `patients` maps each to its section."""
    sections: dict[str, list[dict[str, Any]]] = {}
    for patient, section in patients.items():
        image = str(folder.resolve() / f"{patient}.nii")
        item = {"image": image, "patient": patient, "fold": 1}
        sections.setdefault(section, []).append(item)
    common = {"description": "", "modalities": ["t1c"], "labels": {0: "background"}}
    write_datalist(
        folder / "datalist.json",
        **{"name": folder.name, "sections": sections, **common, **facts},
    )
    return folder


def test_items_keep_section_patient_and_file(tmp_path: Path, capsys) -> None:
    a = make(tmp_path / "a", {"P1": "training", "P2": "testing"}, licence="CC0")
    b = make(tmp_path / "deep/b", {"Q1": "training"}, licence="CC BY 4.0")
    words = ["data", "merge", str(a), str(b / "datalist.json")]
    assert main([*words, "--out", str(tmp_path / "c"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["training"], found["validation"], found["testing"]) == (2, 0, 1)
    items = read_datalist(found["datalist"], "training")
    assert [(i["patient"], i["site"], i["fold"]) for i in items] == [
        ("P1", "a", 1),
        ("Q1", "b", 1),
    ]
    assert Path(items[1]["image"]).resolve() == (b / "Q1.nii").resolve()
    document = json.loads(Path(found["datalist"]).read_text())
    assert document["licence"] == "CC0; CC BY 4.0" and document["name"] == "a + b"


def test_a_patient_of_both_stays_on_one_side(tmp_path: Path) -> None:
    a = make(tmp_path / "a", {"P1": "training"})
    b = make(tmp_path / "b", {"P1": "testing"})
    with pytest.raises(LeakageError, match="P1"):
        merge_datalists([a, b], tmp_path / "c")
    assert not (tmp_path / "c/datalist.json").exists()
    same = make(tmp_path / "d", {"P1": "training"})
    merged = merge_datalists([a, same], tmp_path / "e")
    assert len(read_datalist(merged, "training")) == 2


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"modalities": ["t2f"]}, "modality"),
        ({"labels": {0: "background", 1: "tumour"}}, "labels"),
        ({"classes": {0: "glioma"}}, "classes"),
        ({"split": "leaky_slice_split"}, "leaks"),
    ],
)
def test_sets_that_mean_other_things_are_refused(
    tmp_path: Path, facts: dict[str, Any], said: str
) -> None:
    a = make(tmp_path / "a", {"P1": "training"})
    b = make(tmp_path / "b", {"P2": "training"}, **facts)
    with pytest.raises(InputError, match=said):
        merge_datalists([a, b], tmp_path / "c")


def test_one_set_and_a_full_folder_are_refused(tmp_path: Path) -> None:
    a = make(tmp_path / "a", {"P1": "training"})
    b = make(tmp_path / "b", {"P2": "training"})
    with pytest.raises(InputError, match="two different sets"):
        merge_datalists([a, a / "datalist.json"], tmp_path / "c")
    with pytest.raises(InputError, match="already"):
        merge_datalists([a, b], b)
    assert [i["patient"] for i in read_datalist(b / "datalist.json")] == ["P2"]
