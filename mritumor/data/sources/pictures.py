"""2-D pictures from files, and what their pixels tell: a hash, a mask's area."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from mritumor.data.present import check_present
from mritumor.errors import InputError

PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")
# What macOS and Windows leave behind in folders and zips.
_JUNK = ("__MACOSX", "Thumbs.db", "desktop.ini")


def is_junk(path: Path) -> bool:
    """Whether a file or its folder is a system's litter, such as ``.DS_Store``."""
    return path.name.startswith(".") or any(part in _JUNK for part in path.parts)


def files_under(raw: Path, extensions: tuple[str, ...]) -> Iterator[Path]:
    """Give the files of a tree in natural order, a system's litter passed over."""
    found = (
        path
        for path in raw.rglob("*")
        if path.name.lower().endswith(extensions)
        and not is_junk(path.relative_to(raw))
        and path.is_file()
    )
    yield from sorted(found, key=lambda path: natural(path.as_posix()))


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key by which ``x_10`` follows ``x_9``."""
    runs = re.findall(r"[0-9]+|[^0-9]+", text)
    return tuple((0, int(r), "") if r[0] in "0123456789" else (1, 0, r) for r in runs)


def read_picture(path: Path) -> np.ndarray:
    """Decode a picture.

    Returns:
        (H, W) or (H, W, C), in the file's number type.

    Raises:
        InputError: no such file, empty, a Git-LFS pointer, truncated, or no picture.
    """
    check_present(path)
    try:
        with Image.open(path) as picture:
            return np.asarray(picture)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise InputError(
            f"this is no readable picture: {error}",
            where=path,
            remedy="it may be truncated; fetch it again",
        ) from None


def pixel_hash(pixels: np.ndarray) -> str | None:
    """Hash decoded pixels, so that a copy under another name or format is found.

    Args:
        pixels: (H, W) or (H, W, C); equal colour channels count as grey.

    Returns:
        32 hexadecimal digits, or None for an image of one value: empty slices are
        alike and tell nothing.
    """
    if pixels.ndim == 3:
        colours = pixels[..., :3] if pixels.shape[-1] in (3, 4) else pixels[..., :1]
        grey = (colours == colours[..., :1]).all()
        pixels = colours[..., 0] if grey else colours
    if pixels.size == 0 or pixels.min() == pixels.max():
        return None
    digest = hashlib.blake2b(str(pixels.shape).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()
