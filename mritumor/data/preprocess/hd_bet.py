"""HD-BET: brain extraction by a tool that the user has installed.

Isensee et al., Hum Brain Mapp 2019;40:4952-4964, doi:10.1002/hbm.24750. The tool is run
as a program of its own: nothing of it is imported, and versions 1 and 2 both do.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from mritumor.data.preprocess.volume import Volume
from mritumor.data.read import read_volume
from mritumor.errors import InputError, MissingDependencyError, MRITumorError

PROGRAM = "hd-bet"
TIMEOUT = 1800.0  # seconds; on a CPU without test-time augmentation it takes minutes
MASKS = ("brain_bet.nii.gz", "brain_mask.nii.gz")  # of version 2, of version 1


def hd_bet_mask(
    volume: Volume,
    *,
    device: str = "cpu",
    timeout: float = TIMEOUT,
    name: object = None,
) -> NDArray[np.bool_]:
    """Run HD-BET on a volume.

    Args:
        volume: (I, J, K), T1 with or without contrast, T2 or FLAIR, with skull.
        device: ``"cpu"``, or as the tool names its GPUs.
        timeout: seconds.
        name: of the study, for errors.

    Returns:
        (I, J, K) the brain.

    Raises:
        MissingDependencyError: the program is not on the PATH.
        MRITumorError: it failed, took too long, or wrote no mask.
    """
    program = find_hd_bet(name)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "head.nii.gz"
        nib.save(
            nib.Nifti1Image(volume.array.astype(np.float32), volume.affine), source
        )
        said = _run([program, *_arguments(program, source, device)], timeout, name)
        return _read(Path(folder), volume, said, name)


def find_hd_bet(name: object = None) -> str:
    """Return the program's path.

    Raises:
        MissingDependencyError: it is not on the PATH.
    """
    program = shutil.which(PROGRAM)
    if program is None:
        raise MissingDependencyError(
            f"the program {PROGRAM} was not found",
            where=name,
            remedy="install it with: pip install hd-bet, or use --skull-strip builtin",
        )
    return program


def _arguments(program: str, source: Path, device: str) -> list[str]:
    """Return the words after the program's name, in its version's dialect."""
    target = source.with_name("brain.nii.gz")
    words = ["-i", str(source), "-o", str(target), "-device", device]
    if "--save_bet_mask" in _run([program, "--help"], 120.0, None):
        return [*words, "--disable_tta", "--save_bet_mask"]
    return [*words, "-mode", "fast", "-tta", "0", "-s", "1"]


def _run(command: list[str], timeout: float, name: object) -> str:
    """Return what the program said.

    Raises:
        MRITumorError: it could not be run, failed or took too long.
    """
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise MRITumorError(
            f"{PROGRAM} took longer than {timeout:g} s and was stopped", where=name
        ) from None
    except OSError as error:
        raise MRITumorError(
            f"{PROGRAM} could not be run: {error}", where=name
        ) from None
    if done.returncode:
        raise MRITumorError(
            f"{PROGRAM} failed with code {done.returncode}: {_last(done.stdout)}",
            where=name,
            remedy="run it by hand on the reference to see more",
        )
    return done.stdout


def _read(folder: Path, volume: Volume, said: str, name: object) -> NDArray[np.bool_]:
    for file in MASKS:
        if (folder / file).is_file():
            array = read_volume(folder / file)[0]
            if array.shape == volume.array.shape:
                return np.asarray(array > 0, bool)
            raise InputError(
                f"{PROGRAM}'s mask lies on another grid",
                where=name,
                got=array.shape,
                expected=volume.array.shape,
            )
    raise MRITumorError(
        f"{PROGRAM} wrote no mask; it said last: {_last(said)}", where=name
    )


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing"
