"""Check and run a bundle's workflows in this process, with sentences for errors."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml
from monai.bundle import ConfigParser, ConfigWorkflow

from mritumor.bundle.check_ids import unknown_override
from mritumor.bundle.preflight import check_run
from mritumor.bundle.sentences import our_error
from mritumor.errors import BundleError, PreflightError
from mritumor.types import PathLike

# Which config files each run lays over each other.
RUNS = {
    "training": ("train",),
    "evaluating": ("train", "evaluate"),
    "infer": ("inference",),
}


def check_bundle(
    bundle: PathLike, run_id: str, configs: Sequence[PathLike], words: Sequence[str]
) -> ConfigWorkflow:
    """Return the workflow of a run that nothing speaks against.

    Args:
        bundle: the bundle's folder.
        run_id: ``training``, ``evaluating`` or ``infer``.
        configs: further config files laid over the bundle's own.
        words: overrides as on a command line: ``["--epochs", "2"]``.

    Raises:
        BundleError: the folder is no bundle.
        PreflightError: all problems, one sentence each.
    """
    files = [Path(bundle) / "configs" / f"{name}.json" for name in RUNS[run_id]]
    files += [Path(c) for c in configs]
    for file in files:
        if not file.is_file():
            raise BundleError("there is no such config", where=file)
    overrides = parse_overrides(words)
    config = ConfigParser.load_config_files([str(f) for f in files])
    wrong = [unknown_override(config, id_) for id_ in overrides]
    problems = [problem for problem in wrong if problem]
    if problems:
        raise PreflightError(problems)
    workflow = ConfigWorkflow(
        config_file=[str(f) for f in files],
        meta_file=str(files[0].with_name("metadata.json")),
        logging_file=str(files[0].with_name("logging.conf")),
        run_id=run_id,
        workflow_type="infer" if run_id == "infer" else "train",
        **overrides,
    )
    workflow.parser.parse(reset=True)
    workflow.parser["bundle_root"] = overrides.get("bundle_root", str(bundle))
    problems = check_run(workflow)
    if problems:
        raise PreflightError(problems)
    return workflow


def run_bundle(
    bundle: PathLike,
    run_id: str,
    configs: Sequence[PathLike],
    words: Sequence[str],
    prepare: Callable[[ConfigWorkflow], None] | None = None,
) -> None:
    """Check and run; arguments and errors as for `check_bundle`.

    Args:
        prepare: called with the initialized workflow before it runs, such as to add a
            handler to its evaluator.

    Raises:
        MRITumorError: whatever of ours went wrong during the run, freed from the
            errors of the frameworks around it.
    """
    workflow = check_bundle(bundle, run_id, configs, words)
    workflow.is_checked = True  # the bundle's own `initialize` need not do it again
    try:
        workflow.initialize()
        if prepare is not None:
            prepare(workflow)
        workflow.run()
        workflow.finalize()
    except Exception as error:
        ours = our_error(error)
        if ours is None:
            raise
        raise ours from None


def parse_overrides(words: Sequence[str]) -> dict[str, Any]:
    """Return ``{"epochs": 2}`` for ``["--epochs", "2"]`` or ``["--epochs=2"]``.

    Raises:
        BundleError: a word that is no override, or one without its value.
    """
    overrides: dict[str, Any] = {}
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        id_, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not id_:
            raise BundleError(
                "this is no override",
                got=repr(word),
                expected="--ID VALUE, such as --epochs 10",
            )
        if not equals:
            if not waiting:
                raise BundleError(f"the override --{id_} has no value")
            value = waiting.pop(0)
        overrides[id_] = _value(value)
    return overrides


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        pass
    try:
        return yaml.safe_load(text)  # true and null
    except yaml.YAMLError:
        return text  # references and expressions: @id, $…
