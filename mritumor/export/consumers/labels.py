"""Label values that every viewer shows: contiguous from 0, named, uint8."""

from __future__ import annotations

import torch
from monai.data import MetaTensor, decollate_batch, list_data_collate
from monai.transforms import Compose, SaveImage, SaveImaged

from mritumor.export.consumers.case import Case
from mritumor.export.consumers.outcome import Unsatisfied
from mritumor.export.consumers.results import check_array
from mritumor.export.network import inference_parser, load_network


def check(case: Case) -> None:
    """Check channel_def, then what postprocessing makes of strong random logits."""
    problems = []
    try:
        check_names(case)
    except Unsatisfied as error:
        problems.append(str(error))
    if not case.is_classifier:
        try:
            _check_values(case)
        except Unsatisfied as error:
            problems.append(str(error))
    if problems:
        raise Unsatisfied("; ".join(problems))


def check_names(case: Case) -> None:
    """Check that the output's channel_def names the values from 0 upwards."""
    names = case.pred.get("channel_def")
    if not names:
        raise Unsatisfied("the output has no channel_def: labels have no names")
    if list(names) != [str(i) for i in range(len(names))]:
        raise Unsatisfied(
            f"channel_def has the keys {', '.join(names)}: Slicer numbers segments "
            "1, 2, 3… and loses any other value"
        )
    if not case.is_classifier and names["0"].lower() != "background":
        raise Unsatisfied(
            f"channel_def calls label 0 '{names['0']}', not 'background': MONAI Label "
            "keys labels by value"
        )


def _check_values(case: Case) -> None:
    parser = inference_parser(case.bundle)
    preprocessing = parser.get_parsed_content("preprocessing")
    chain = parser.get_parsed_content("postprocessing")
    steps = [t for t in chain.transforms if not isinstance(t, SaveImaged | SaveImage)]
    data = list_data_collate([preprocessing({"image": case.items[0]["files"]})])
    with torch.no_grad():
        inferer = parser.get_parsed_content("inferer")
        pred = inferer(data["image"], load_network(case.bundle))
    torch.manual_seed(0)
    noise = [
        5 * torch.randn_like(t) for t in (pred if isinstance(pred, tuple) else [pred])
    ]
    pred = MetaTensor(noise[0]) if len(noise) == 1 else tuple(noise)
    if isinstance(pred, MetaTensor):
        result = Compose(steps)(decollate_batch({**data, case.pred_key: pred})[0])
        found = result[case.pred_key]
        if len(found) != 1:
            raise Unsatisfied(f"the label map has {len(found)} channels, not one")
        original = result["image"].meta["spatial_shape"][: case.spatial_dims]
        check_array(case, found[0], tuple(int(n) for n in original))
