"""Tutorial: from scans to outline, class and figure, in Python.

Run it as a script, or cell by cell (``# %%``) in a notebook. It makes its own data
(synthetic slices) and its own small bundle with random weights, so the answers mean
nothing; with one of the bundles of this project they do.
"""

# %% A folder to play in
import json
import tempfile
from pathlib import Path

import torch

import mritumor
from mritumor.bundle.build import build_bundle, write_bundle
from mritumor.phantom import write_slice_phantoms

ROOT = Path(__file__).resolve().parent.parent
work = Path(tempfile.mkdtemp(prefix="mritumor-tutorial-"))

# %% Data: 2-D images of four classes with masks, split by patient
datalist = write_slice_phantoms(work / "data", cases=8, seed=0, per_patient=1)
items = json.loads(datalist.read_text())["training"]

# %% A bundle: its configs, compiled; a network so small that it answers at once
small = work / "small.yaml"
small.write_text(
    "shared:\n"
    "  image_size: 64\n"
    "  network_def:\n"
    "    unet: {channels: [4, 8, 16], strides: [2, 2], deep_supervision: 1}\n"
)
source = ROOT / "configs/bundles/figshare_joint_segmentation.yaml"
bundle = work / "small_segmentation"
write_bundle(build_bundle(source, ROOT / "configs/base", (small,)), bundle)

# %% Weights come from `mritumor train`; here random ones stand in
from monai.bundle import ConfigParser  # noqa: E402

config = json.loads((bundle / "configs/inference.json").read_text())
network = ConfigParser(config).get_parsed_content("network_def")
(bundle / "models").mkdir()
torch.save(network.state_dict(), bundle / "models/model.pt")

# %% Five lines from a file to mask, class and figure
predictor = mritumor.Predictor(bundle, device="cpu")
prediction = predictor.predict(work / "data" / items[0]["image"])
print(prediction.class_name, prediction.volumes)
mask_file = prediction.save(work / "results")
prediction  # in a notebook: the slice with its outline, class and sizes

# %% An array does as well: (C, H, W) as seen, or (C, I, J, K) with an affine
image = prediction.image
again = predictor(image)
assert (again.labels == prediction.labels).all()

# %% How sure is it? Mirrored inputs give an entropy map and a range of sizes
unsure = mritumor.Predictor(bundle, device="cpu", uncertainty=True)(image)
print(unsure.ranges, float(unsure.uncertainty.max()))

# %% Many files, one of which is broken: the others go on
(work / "data/images/broken.png").write_bytes(b"not a picture")
from mritumor.inference import find_inputs, predict_cases  # noqa: E402

found = find_inputs(work / "data/images", predictor.modalities, predictor.dims)
outcomes = predict_cases(predictor, found.cases, work / "results")
failed = [outcome.problem for outcome in outcomes if outcome.problem]
print(f"{len(outcomes) - len(failed)} predicted; failed: {failed}")

# %% A page to send around
from mritumor.report import bundle_provenance, study_facts, study_report  # noqa: E402

page = study_report(
    study_facts(unsure, bundle_provenance(bundle)), work / "results/study.html"
)
print(mask_file, page)
