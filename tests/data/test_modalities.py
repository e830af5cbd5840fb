from __future__ import annotations

import pytest

from mritumor.data.modalities import (
    MODALITIES,
    canonical,
    in_order,
    name_without_modality,
    recognise,
)
from mritumor.errors import InputError

NAMES = {
    # BraTS 2013 and 2015 (VSD), 2017 to 2021, 2023 and later
    "VSD.Brain.XX.O.MR_T1.54513.mha": "t1n",
    "VSD.Brain.XX.O.MR_T1c.54514.mha": "t1c",
    "VSD.Brain.XX.O.MR_T2.54515.mha": "t2w",
    "VSD.Brain.XX.O.MR_Flair.54512.mha": "t2f",
    "VSD.Brain_3more.XX.O.OT.54517.mha": "seg",
    "Brats17_2013_2_1_t1.nii.gz": "t1n",
    "Brats17_CBICA_AAB_1_t1ce.nii.gz": "t1c",
    "Brats18_TCIA08_167_1_flair.nii.gz": "t2f",
    "BraTS19_TMC_06290_1_t2.nii": "t2w",
    "BraTS20_Training_001_t1ce.nii": "t1c",
    "BraTS20_Training_001_seg.nii": "seg",
    "BraTS2021_00000_t1.nii.gz": "t1n",
    "BraTS2021_00000_flair.nii.gz": "t2f",
    "BraTS-GLI-00000-000-t1n.nii.gz": "t1n",
    "BraTS-GLI-00000-000-t1c.nii.gz": "t1c",
    "BraTS-GLI-00000-000-t2w.nii.gz": "t2w",
    "BraTS-GLI-02062-100-t2f.nii.gz": "t2f",
    "BraTS-MET-00001-000-seg.nii.gz": "seg",
    "BraTS-PED-00002-000-t2f.nii.gz": "t2f",
    "BraTS-MEN-00004-000-t1c.nii.gz": "t1c",
    # Medical Segmentation Decathlon: one 4-D file
    "BRATS_001.nii.gz": None,
    "imagesTr/BRATS_484.nii.gz": None,
    # TCGA after brain extraction
    "TCGA-DU-7294_t1_bet.nii.gz": "t1n",
    "TCGA-DU-7294_t1c_bet.nii.gz": "t1c",
    "TCGA-DU-7294_t2_bet.nii.gz": "t2w",
    "TCGA-DU-7294_fla_bet.nii.gz": "t2f",
    "TCGA-DU-7294_fused_algorithms_seg.nii.gz": "seg",
    "TCGA-DU-7294_bet_mask.nii.gz": "brainmask",
    # DeepMedic
    "Flair_subtrMeanDivStd.nii.gz": "t2f",
    "T1c_subtrMeanDivStd.nii.gz": "t1c",
    "OTMultiClass.nii.gz": "seg",
    "brainmask.nii.gz": "brainmask",
    # UPENN-GBM, UCSF-PDGM
    "UPENN-GBM-00001_11_T1.nii.gz": "t1n",
    "UPENN-GBM-00001_11_T1GD.nii.gz": "t1c",
    "UPENN-GBM-00001_11_T2.nii.gz": "t2w",
    "UPENN-GBM-00001_11_FLAIR.nii.gz": "t2f",
    "UPENN-GBM-00001_11_segm.nii.gz": "seg",
    "UCSF-PDGM-0004_T1c_bias.nii.gz": "t1c",
    "UCSF-PDGM-0004_tumor_segmentation.nii.gz": "seg",
    "UCSF-PDGM-0004_brain_segmentation.nii.gz": "brainmask",
    "UCSF-PDGM-0004_brain_parenchyma_segmentation.nii.gz": "brainmask",
    "UCSF-PDGM-0004_ADC.nii.gz": None,
    # what people write
    "P1_T1_pre.nii.gz": "t1n",
    "P1_T1_post.nii.gz": "t1c",
    "P1_T1_post_contrast.nii.gz": "t1c",
    "P1-T1-Gd.nrrd": "t1c",
    "P1 t1w km.mha": "t1c",
    "sub-01_ce-gadolinium_FLAIR.nii.gz": "t2f",
    "sub-01_ce-gadolinium_T1w.nii.gz": InputError,
    "sub-01_T2w_FLAIR.nii.gz": "t2f",
    "sub-01_FLAIR.nii.gz": "t2f",
    "AX T1 POST GAD.nii.gz": "t1c",
    "flair_mask.nii.gz": "seg",
    "C:\\scans\\P1\\T2-FLAIR.NII.GZ": "t2f",
    "P1.nii.gz": None,
    "notes.txt": None,
    # ambiguous: refused
    "P1_t1_flair.nii.gz": InputError,
    "P1_t1_t2.nii.gz": InputError,
    "Post_Scan_T1.nii.gz": InputError,
    "P1_T1_axial_contrast.nii.gz": InputError,
    "flair_to_t2.nii.gz": InputError,
}


@pytest.mark.parametrize("name, kind", NAMES.items())
def test_real_names_are_recognised(name, kind):
    if kind is InputError:
        with pytest.raises(InputError, match="does not say clearly"):
            recognise(name)
    else:
        assert recognise(name) == kind


def test_the_patients_name_is_not_read_as_a_sequence():
    assert recognise("GD-07_t2.nii.gz", case="GD-07") == "t2w"
    with pytest.raises(InputError):
        recognise("GD-07_t2.nii.gz")


def test_only_whole_words_count_as_the_patients_name():
    with pytest.raises(InputError, match="post"):
        recognise("Post_T1.nii.gz", case="P")


@pytest.mark.parametrize(
    "name, case",
    [
        ("P1_flair.nii.gz", "P1"),
        ("P1.nii", "P1"),
        ("BraTS-GLI-00000-000-t1c.nii.gz", "BraTS-GLI-00000-000"),
        ("BraTS20_Training_001_t1ce.nii", "BraTS20_Training_001"),
        ("P1_T1_post_contrast.nii.gz", "P1"),
        ("t1c_P1.nii.gz", "P1"),
        ("t1c.nii.gz", ""),
        ("some/folder/P.1_T2.nrrd", "P.1"),
    ],
)
def test_name_without_modality_is_the_case(name, case):
    assert name_without_modality(name) == case


def test_sequences_of_one_case_share_a_name():
    names = [f"BraTS2021_00000_{m}.nii.gz" for m in ("t1", "t1ce", "t2", "flair")]
    assert {name_without_modality(n) for n in names} == {"BraTS2021_00000"}


@pytest.mark.parametrize(
    "name, wanted",
    [("FLAIR", "t2f"), ("T1Gd", "t1c"), ("T1-w", "t1n"), ("t2w", "t2w")],
)
def test_canonical_takes_any_spelling(name, wanted):
    assert canonical(name) == wanted


@pytest.mark.parametrize("name", ["flare", "seg", "", "dwi"])
def test_canonical_refuses_what_is_no_sequence(name):
    with pytest.raises(InputError, match="expected one of t1n"):
        canonical(name)


def test_in_order_is_the_canonical_channel_order():
    assert in_order(reversed(MODALITIES)) == MODALITIES
