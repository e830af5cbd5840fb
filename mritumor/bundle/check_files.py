"""Files that a run will need, looked at before it starts: by name and header only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import nibabel as nib

from mritumor.bundle.references import Config, find
from mritumor.bundle.sentences import our_error
from mritumor.data.sources.pictures import PICTURES
from mritumor.types import Item

DATALISTS = ("train_datalist", "val_datalist", "datalist")
Evaluate = Callable[[str], Any]


def missing_weights(
    config: Config, ids: Iterable[str], evaluate: Evaluate
) -> list[str]:
    """Name checkpoints that a CheckpointLoader will look for in vain.

    Args:
        config: the merged config.
        ids: those that the run touches.
        evaluate: gives the value of an id.
    """
    problems = []
    for id_ in ids:
        content = find(config, id_)
        if not isinstance(content, dict) or "load_path" not in content:
            continue
        path = Path(evaluate(f"{id_}::load_path"))
        if not path.is_file():
            problems.append(
                f"{path}: there are no weights here; train the bundle first, "
                "or give the folder of its model.pt with --ckpt_dir"
            )
    return problems


def nothing_to_resume(config: Config, evaluate: Evaluate) -> list[str]:
    """Say so when resuming is asked for without a state to resume from."""
    if "last_path" not in config or not evaluate("is_resumed"):
        return []
    path = Path(evaluate("last_path"))
    if path.is_file():
        return []
    return [
        f"{path}: there is nothing to resume; leave --resume out, "
        "or give the --output_dir of the run"
    ]


def wrong_data(
    ids: Iterable[str],
    evaluate: Evaluate,
    channels: int | None,
    axes: int | None = None,
) -> list[str]:
    """Name datalists that cannot be read, missing images and images of another kind.

    Args:
        ids: those that the run touches.
        evaluate: gives the value of an id.
        channels: that the network takes, if known.
        axes: 2 where it takes slices, 3 where it takes volumes, if known.
    """
    problems: list[str] = []
    for id_ in DATALISTS:
        if id_ not in ids:
            continue
        try:
            items = evaluate(id_)
        except Exception as error:
            problems.append(_cause(error))
            continue
        if not items:
            problems.append(f"{id_}: there are no cases in it; check --dataset_dir")
            continue
        problems += _check_items(items, channels, axes)
    return list(dict.fromkeys(problems))


def _check_items(
    items: Sequence[Any], channels: int | None, axes: int | None
) -> list[str]:
    files = [file for item in items for file in _files(item)]
    absent = [file for file in files if not Path(file).is_file()]
    if absent:
        more = f" (and {len(absent) - 1} more)" if len(absent) > 1 else ""
        return [f"{absent[0]}: there is no such file{more}; check --dataset_dir"]
    other = _other_axes(files[0], axes) if files else ""
    if other or channels is None:
        return [other] if other else []
    # An item that names its sequences may lack some: `FillModalitiesd` fills them, or
    # `CheckImaged` refuses them by name.
    whole = [i for i in items if not (isinstance(i, dict) and "modalities" in i)]
    found = _channels(whole[0]) if whole else None
    if found is None or found == channels:
        return []
    image = whole[0].get("image") if isinstance(whole[0], dict) else whole[0]
    return [
        f"{image}: the image has {found} channel(s), the network takes {channels}; "
        "give one 4-D file or one file per sequence"
    ]


def _other_axes(file: str, axes: int | None) -> str:
    """Say so when slices are given to a network of volumes, or the other way round."""
    name = Path(file).name.lower()
    if name.endswith(PICTURES):
        found = 2
    elif name.endswith((".nii", ".nii.gz")):
        shape = _shape(file)
        if shape is None:
            return ""
        found = 3 if len(shape) > 2 and shape[2] > 1 else 2
    else:
        return ""
    if axes is None or found == axes:
        return ""
    kinds = {2: "slices", 3: "volumes"}
    return (
        f"{file}: the data are {kinds[found]}, the network takes {kinds[axes]}; choose "
        "another bundle, or prepare the set as the bundle's docs/README.md says"
    )


def _files(item: Item | str | Sequence[str]) -> list[str]:
    values = (
        [item.get("image"), item.get("label")] if isinstance(item, dict) else [item]
    )
    flat = [
        v for value in values for v in (value if isinstance(value, list) else [value])
    ]
    return [v for v in flat if isinstance(v, str)]


def _channels(item: Item | str | Sequence[str]) -> int | None:
    """Return the channel count of an item's image by its header, None if unclear."""
    image = item.get("image") if isinstance(item, dict) else item
    if isinstance(image, list):
        return len(image)
    if not isinstance(image, str) or ".nii" not in image:
        return None
    shape = _shape(image)
    if shape is None:
        return None
    return shape[3] if len(shape) == 4 else 1


def _shape(file: str) -> tuple[int, ...] | None:
    """Return a NIfTI's shape by its header, None of a broken file: reading names it."""
    try:
        return tuple(int(n) for n in nib.load(file).shape)
    except Exception:
        return None


def _cause(error: BaseException) -> str:
    return str(our_error(error) or error)
