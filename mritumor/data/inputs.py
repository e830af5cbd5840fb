"""From what a person points at to cases: a file, a folder of files, a folder of cases.

A case is one 4-D file with all channels, or one file per sequence.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mritumor.data.datalist import SECTIONS, read_datalist, read_modalities
from mritumor.data.modalities import (
    MODALITIES,
    canonical,
    name_without_modality,
    recognise,
)
from mritumor.errors import InputError
from mritumor.types import Item, PathLike

VOLUMES = (".nii", ".nii.gz", ".nrrd", ".mha", ".mhd")
DATALIST = "datalist.json"


@dataclass(frozen=True)
class InputCase:
    """One study to predict.

    Attributes:
        name: of the case, unique within one search.
        files: sequence name to file; the one key ``""`` is a file with all channels.
    """

    name: str
    files: Mapping[str, Path]

    @property
    def is_whole(self) -> bool:
        """Whether one file holds all channels."""
        return set(self.files) == {""}

    def missing(self, modalities: Sequence[str]) -> tuple[str, ...]:
        """Return the sequences that are wanted and not there."""
        return (
            () if self.is_whole else tuple(m for m in modalities if m not in self.files)
        )

    def in_order(self, modalities: Sequence[str]) -> str | list[str]:
        """Return what a datalist holds under ``image``.

        Args:
            modalities: channel names in channel order.

        Returns:
            The one file, or one file per channel.

        Raises:
            InputError: a sequence is missing.
        """
        if self.is_whole:
            return str(self.files[""])
        missing = self.missing(modalities)
        if missing:
            raise InputError(
                f"the sequence {' and '.join(missing)} is missing",
                where=self.name,
                got=", ".join(
                    f"{m or 'unnamed'} ({f.name})" for m, f in self.files.items()
                ),
                expected=", ".join(modalities),
                remedy="add the file, or name it so that its sequence is recognised, "
                f"such as {self.name}_{missing[0]}.nii.gz",
            )
        return [str(self.files[m]) for m in modalities]


def find_cases(
    paths: PathLike | Iterable[PathLike], modalities: Sequence[str]
) -> list[InputCase]:
    """Find the cases under files and folders.

    Files of one folder whose names differ only in the sequence are one case; so are
    all sequences in a folder that holds nothing else, which then names the case.
    Outlines and brain masks are passed over. A folder with a ``datalist.json`` gives
    its testing cases, or all when there are none.

    Args:
        paths: files and folders.
        modalities: channel names that are asked for; other sequences are passed over.

    Returns:
        Cases in the order found, names made unique.

    Raises:
        InputError: nothing there, or two files claim one sequence of a case.
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    cases: list[InputCase] = []
    loose: list[Path] = []
    for path in map(Path, given):
        if not path.exists():
            raise InputError("there is no such file or folder", where=path)
        if path.is_file():
            loose.append(path)
        else:
            cases += _in_folder(path, modalities)
    cases = _group(list(dict.fromkeys(loose)), modalities) + cases
    if not cases:
        raise InputError(
            "no images were found",
            where=", ".join(str(p) for p in given),
            expected=f"files ending in {', '.join(VOLUMES)}",
        )
    return with_unique_names(cases)


def find_inputs(folder: PathLike, modalities: Sequence[str]) -> list[str | list[str]]:
    """Return the ``image`` entry of every case under a folder.

    Args:
        folder: as for `find_cases`.
        modalities: channel names in channel order.

    Returns:
        One file or one file per channel for each case.

    Raises:
        InputError: as for `find_cases`, or a sequence is missing.
    """
    return [case.in_order(modalities) for case in find_cases(folder, modalities)]


def case_name_formatter(meta: Mapping[str, Any] | None, saver: Any) -> dict[str, Any]:
    """Name saved files after their case, not after its first sequence.

    For ``SaveImage(output_name_formatter=…)``: ``P1/P1_t1n.nii.gz`` is saved as
    ``P1_seg.nii.gz``, and ``P1/t1n.nii.gz`` too.

    Args:
        meta: of the image.
        saver: the SaveImage, which counts what it saved.

    Returns:
        ``subject`` and ``idx`` for MONAI's folder layout.
    """
    meta = meta or {}
    file = meta.get("filename_or_obj")
    name = case_name(file) if isinstance(file, str) and file else ""
    subject = name or f"case_{getattr(saver, '_data_index', 0)}"
    # The layout takes all after a dot for the extension.
    return {"subject": subject.replace(".", "_"), "idx": meta.get("patch_index")}


def case_name(file: PathLike) -> str:
    """Return the case that a file belongs to, by its name, else by its folder's."""
    path = Path(file)
    return name_without_modality(path.name) or path.parent.name


def _in_folder(folder: Path, modalities: Sequence[str]) -> list[InputCase]:
    if (folder / DATALIST).is_file():
        return _in_datalist(folder / DATALIST, modalities)
    files, cases = [], []
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "__MACOSX")):
            continue
        if path.is_dir():
            cases += _in_folder(path, modalities)
        elif path.name.lower().endswith(VOLUMES):
            files.append(path)
    return _group(files, modalities) + cases


def _in_datalist(path: Path, modalities: Sequence[str]) -> list[InputCase]:
    items = read_datalist(path, "testing")
    if not items:
        items = [item for section in SECTIONS for item in read_datalist(path, section)]
    channels = [canonical(name) for name in read_modalities(path)] or modalities
    return [_of_item(item, channels, path) for item in items]


def _of_item(item: Item, channels: Sequence[str], where: Path) -> InputCase:
    """Return a datalist's item as a case; `channels` names the files of its list."""
    image = item.get("image")
    if isinstance(image, str) and image:
        return InputCase(case_name(image), {"": Path(image)})
    names = item.get("modalities", channels)
    if not isinstance(image, list) or not image or len(image) != len(names):
        raise InputError(
            "an item's images do not fit the channels",
            where=where,
            got=image,
            expected=f"one 4-D file, or one file for each of {', '.join(names)}",
        )
    files = {m: Path(f) for m, f in zip(names, image)}
    return InputCase(case_name(image[0]), files)


def _group(files: Sequence[Path], modalities: Sequence[str]) -> list[InputCase]:
    """Put the files of each folder that belong to one case together."""
    groups: dict[tuple[Path, str], dict[str, Path]] = defaultdict(dict)
    for file in files:
        kind = recognise(file.name, file.parent.name)
        if kind is not None and kind not in MODALITIES:
            continue  # an outline or a mask
        if kind is not None and kind not in modalities:
            continue
        group = groups[file.parent, name_without_modality(file.name)]
        if (kind or "") in group:
            raise InputError(
                f"two files claim to be the {kind or 'image'} of one case",
                where=file.parent,
                got=f"{group[kind or ''].name} and {file.name}",
                remedy="move one away or rename it",
            )
        group[kind or ""] = file
    return [
        InputCase(_group_name(folder, name, files), files)
        for (folder, name), files in groups.items()
    ]


def _group_name(folder: Path, name: str, files: Mapping[str, Path]) -> str:
    # "Flair_normalised" and "T1c_normalised" share a word that says nothing of the
    # patient; where names do not begin with the shared part, the folder names the case.
    begins = all(file.name.startswith(name) for file in files.values())
    return name if name and begins else folder.name


def with_unique_names(cases: Sequence[Any]) -> list[Any]:
    """Return cases of any kind, those that share a name with ``_2``, ``_3``, … to it."""
    taken: set[str] = set()
    own = {case.name for case in cases}
    unique = []
    for case in cases:
        name, number = case.name, 1
        while name in taken or (number > 1 and name in own):
            number += 1
            name = f"{case.name}_{number}"
        taken.add(name)
        unique.append(replace(case, name=name))
    return unique
