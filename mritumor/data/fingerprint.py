"""One short hash for all the files of a datalist."""

from __future__ import annotations

import hashlib
from pathlib import Path

from mritumor.data.datalist import PATH_KEYS, SECTIONS, read_datalist
from mritumor.errors import InputError
from mritumor.types import PathLike

ENDS = 1 << 16


def datalist_hash(path: PathLike) -> str | None:
    """Hash a datalist and the files that it names.

    Of each file its name, size and first and last 64 KiB count: a gzip file ends with
    the checksum of all its content, so the tail speaks for the whole.

    Args:
        path: the datalist.

    Returns:
        64 hexadecimal digits (SHA-256), or None if the datalist cannot be read.
    """
    try:
        items = [item for section in SECTIONS for item in read_datalist(path, section)]
    except InputError:
        return None
    digest = hashlib.sha256(Path(path).read_bytes())
    for item in items:
        for key in PATH_KEYS:
            for file in _files(item.get(key)):
                _add(digest, file)
    return digest.hexdigest()


def _files(value: object) -> list[Path]:
    values = value if isinstance(value, list) else [value]
    return [Path(v) for v in values if isinstance(v, str)]


def _add(digest: "hashlib._Hash", file: Path) -> None:
    digest.update(file.name.encode())
    if not file.is_file():
        return
    size = file.stat().st_size
    digest.update(str(size).encode())
    with file.open("rb") as stream:
        digest.update(stream.read(ENDS))
        stream.seek(max(size - ENDS, 0))
        digest.update(stream.read(ENDS))
