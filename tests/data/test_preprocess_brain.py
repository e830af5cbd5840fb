from __future__ import annotations

import sys
import textwrap

import numpy as np
import pytest

from mritumor.data.preprocess import Volume, brain_mask
from mritumor.data.preprocess import hd_bet as tool
from mritumor.data.preprocess.rough_brain import looks_stripped, rough_brain
from mritumor.errors import InputError, MissingDependencyError, MRITumorError
from mritumor.phantom import make_study

INSIDE = ("csf", "ventricle", "gm", "wm", "dgm", "vessel", "ncr", "et", "ed")


@pytest.fixture(scope="module")
def head():
    """A head with skull: its sequences, and the true brain."""
    study = make_study(0, 3, spacing=4, skull=True, keep_tissues=True)
    brain = sum(study.tissues[name] for name in INSIDE) > 0.5
    volumes = {n: Volume(a, study.affines[n]) for n, a in study.images.items()}
    return volumes, brain


@pytest.fixture(scope="module")
def stripped():
    study = make_study(0, 3, spacing=5, modalities=["t1c"])
    return Volume(study.images["t1c"], study.affines["t1c"])


def dice(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


@pytest.mark.parametrize(
    "sequence, least", [("t2w", 0.95), ("t2f", 0.93), ("t1c", 0.83)]
)
def test_the_rough_brain_of_a_phantom(head, sequence, least):
    volumes, brain = head
    assert not looks_stripped(volumes[sequence])
    assert dice(rough_brain(volumes[sequence]), brain) > least


def test_the_interface_prefers_t2(head):
    volumes, brain = head
    mask = brain_mask(volumes, "t1c", "builtin")
    np.testing.assert_array_equal(mask, rough_brain(volumes["t2w"]))


def test_what_was_stripped_before_keeps_its_brain(stripped):
    assert looks_stripped(stripped)
    mask = rough_brain(stripped)
    assert mask[stripped.array > 0].all()
    assert dice(mask, stripped.array > 0) > 0.95


def test_bad_input(stripped):
    with pytest.raises(InputError, match="builtin or hd-bet"):
        brain_mask({"t1c": stripped}, "t1c", "magic")
    noise = np.random.default_rng(0).random((20, 20, 20), np.float32)
    dark = Volume(np.where(noise > 0.99, noise, 0.01 * noise), np.diag([4.0, 4, 4, 1]))
    with pytest.raises(InputError, match="P9.*no brain was found"):
        brain_mask({"t1c": dark}, "t1c", "builtin", name="P9")


def test_a_missing_hd_bet_is_one_sentence_with_a_remedy(stripped, monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingDependencyError) as caught:
        brain_mask({"t1c": stripped}, "t1c", "hd-bet", name="P1")
    said = str(caught.value)
    assert said.startswith("P1: the program hd-bet was not found")
    assert "pip install hd-bet" in said and "builtin" in said and "\n" not in said


PROGRAM = """\
#!{python}
import pathlib, sys, time
help_page = {help_page!r}
if "--help" in sys.argv:
    print(help_page)
    sys.exit(0)
for flag in {flags!r}:
    if flag not in sys.argv:
        sys.exit(f"no {{flag}}")
{action}
import nibabel as nib
import numpy as np
source = nib.load(sys.argv[sys.argv.index("-i") + 1])
target = pathlib.Path(sys.argv[sys.argv.index("-o") + 1])
mask = (np.asarray(source.dataobj) > 0).astype("u1"){cut}
nib.save(nib.Nifti1Image(mask, source.affine), target.with_name({name!r}))
"""
V1 = {"help_page": "-mode -tta", "flags": ["-mode", "-tta", "-s"]}
V1 |= {"name": "brain_mask.nii.gz"}
V2 = {"help_page": "--save_bet_mask", "flags": ["--save_bet_mask", "--disable_tta"]}
V2 |= {"name": "brain_bet.nii.gz"}


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a program called hd-bet on the PATH, which behaves as told."""

    def make(version, action="", cut=""):
        text = PROGRAM.format(
            python=sys.executable, action=textwrap.dedent(action), cut=cut, **version
        )
        file = tmp_path / "hd-bet"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))

    return make


@pytest.mark.parametrize("version", [V1, V2], ids=["version 1", "version 2"])
def test_hd_bet_is_run_in_its_versions_dialect(install, stripped, version):
    install(version)
    mask = brain_mask({"t1c": stripped}, "t1c", "hd-bet")
    np.testing.assert_array_equal(mask, stripped.array > 0)


def test_a_failure_of_hd_bet_is_a_sentence(install, stripped):
    install(V2, "print('loading')\nsys.exit('CUDA out of memory')")
    with pytest.raises(MRITumorError, match="P1: hd-bet failed with code 1: CUDA out"):
        tool.hd_bet_mask(stripped, name="P1")


def test_hd_bet_is_stopped_after_its_time(install, stripped):
    install(V2, "time.sleep(60)")
    with pytest.raises(MRITumorError, match="longer than 0.5 s"):
        tool.hd_bet_mask(stripped, timeout=0.5)


def test_hd_bet_without_or_with_a_wrong_mask(install, stripped):
    install(V2, "print('done?')\nsys.exit(0)")
    with pytest.raises(MRITumorError, match="wrote no mask; it said last: done?"):
        tool.hd_bet_mask(stripped)
    install(V2, cut="[1:]")
    with pytest.raises(InputError, match="another grid"):
        tool.hd_bet_mask(stripped)
