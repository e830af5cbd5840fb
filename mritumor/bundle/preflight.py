"""Everything that can be known to be wrong with a run before anything is loaded."""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from monai.bundle import ConfigParser, ConfigWorkflow

from mritumor.bundle.check_files import missing_weights, nothing_to_resume, wrong_data
from mritumor.bundle.check_ids import (
    dangling_references,
    own_ids,
    unknown_ids,
    wrong_arguments,
)
from mritumor.bundle.memory import free_bytes, training_bytes
from mritumor.bundle.references import reachable
from mritumor.bundle.sentences import print_short_tracebacks
from mritumor.bundle.workflow import running_workflow, started_from_command_line
from mritumor.errors import PreflightError

logger = logging.getLogger(__name__)

COUNTS = ("epochs", "batch_size", "patches_per_case", "val_interval", "image_size")


def preflight() -> None:
    """Check the running workflow; the first line of a bundle's ``initialize``.

    On the command line, problems are printed, one sentence each, and the process
    ends with exit code 2. In a program that embeds the bundle they are raised.
    Outside of a workflow there is nothing to check.

    Raises:
        PreflightError: with one sentence per problem.
    """
    workflow = running_workflow()
    if workflow is None or getattr(workflow, "is_checked", False):
        return
    if started_from_command_line():
        print_short_tracebacks()
    problems = check_run(workflow)
    if not problems:
        return
    if started_from_command_line():
        for problem in problems:
            print(f"mritumor: {problem}", file=sys.stderr)
        raise SystemExit(2)
    raise PreflightError(problems)


def check_run(workflow: ConfigWorkflow) -> list[str]:
    """Return what is wrong with a workflow, one sentence each.

    Args:
        workflow: whose ``parser`` holds the merged config; it is parsed, not run.

    Returns:
        Problems; empty when the run may start. Wrong ids come alone: until they are
        right, what the run would do is not known.
    """
    config = {k: v for k, v in workflow.parser.get().items()}
    ids = reachable(config, workflow.run_id or "run")
    problems = (
        unknown_ids(config, own_ids(Path(workflow.config_root_path)))
        + dangling_references(config, ids)
        + wrong_arguments(config, ids)
    )
    if problems:
        return problems
    evaluate = workflow.parser.get_parsed_content
    if problems := impossible_numbers(config, ids, evaluate):
        return problems
    problems = nothing_to_resume(config, evaluate)
    problems += missing_weights(config, ids, evaluate)
    channels, axes = _channels(config, evaluate), _axes(config, evaluate)
    problems += wrong_data(ids, evaluate, channels, axes)
    return problems or too_little_memory(workflow.parser, ids)


def impossible_numbers(
    config: Mapping[str, Any], ids: set[str], evaluate: Callable[[str], Any]
) -> list[str]:
    """Name counts of a training that are not whole numbers from 1 upwards."""
    if "train::trainer" not in ids:
        return []
    counts = {id_: evaluate(id_) for id_ in COUNTS if id_ in config}
    return [
        f"{id_}: impossible: got {value!r}; expected a whole number from 1 upwards"
        for id_, value in counts.items()
        if isinstance(value, bool) or not isinstance(value, int) or value < 1
    ]


def too_little_memory(parser: ConfigParser, ids: set[str]) -> list[str]:
    """Say so when a training step will not fit into the device's free memory."""
    if "train::trainer" not in ids or not {"patch_size", "network_def"} <= set(
        parser.get()
    ):
        return []
    network, device = (parser.get_parsed_content(i) for i in ("network_def", "device"))
    patch = list(parser.get_parsed_content("patch_size"))
    batch = math.prod(_number(parser, i) for i in ("batch_size", "patches_per_case"))
    channels = _channels(parser.get(), parser.get_parsed_content) or 1
    needed = training_bytes(network, [batch, channels, *patch])
    free = free_bytes(torch.device(device))
    logger.info(
        f"a training step takes about {needed / 2**30:.1f} GiB of "
        f"{free / 2**30:.1f} GiB free on {device}"
    )
    if needed <= free:
        return []
    size = "×".join(map(str, patch))
    return [
        f"a training step with {batch} patches of {size} takes about "
        f"{needed / 2**30:.1f} GiB, and {device} has {free / 2**30:.1f} GiB free; "
        "lower --batch_size, --patches_per_case or --patch_size"
    ]


def _channels(config: Any, evaluate: Any) -> int | None:
    if "modalities" not in config:
        return None
    return len(evaluate("modalities"))


def _axes(config: Any, evaluate: Any) -> int | None:
    """Return 2 for a bundle of pictures, 3 for one of volumes, None if unclear."""
    if "roi_size" in config:
        return len(evaluate("roi_size"))
    return 2 if "image_size" in config else None


def _number(parser: ConfigParser, id_: str) -> int:
    return int(parser.get_parsed_content(id_)) if id_ in parser else 1
