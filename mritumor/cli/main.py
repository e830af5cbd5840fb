"""`mritumor`: finds the command, runs it, turns errors into sentences.

Nothing heavy is imported here: ``mritumor --help`` must answer at once. A command is
a module with a docstring (its help page), ``add_arguments(parser)`` and
``run(arguments) -> int`` (its exit code); it imports what it needs inside ``run``.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Any

from mritumor import __version__
from mritumor.errors import MRITumorError, PreflightError, did_you_mean

COMMANDS = {
    "data phantom": (
        "mritumor.cli.data_phantom",
        "make synthetic studies with known truth",
    ),
    "data prepare": (
        "mritumor.cli.data_prepare",
        "turn a raw data set into a datalist",
    ),
    "data merge": (
        "mritumor.cli.data_merge",
        "several prepared data sets as one",
    ),
    "data audit": (
        "mritumor.cli.data_audit",
        "find faults, duplicates and leaks in a data set",
    ),
    "data preprocess": (
        "mritumor.cli.data_preprocess",
        "bring raw studies to one grid and one scale",
    ),
    "check": ("mritumor.cli.check", "say what is wrong with a run before it starts"),
    "train": ("mritumor.cli.train", "check, then train a bundle"),
    "compare": ("mritumor.cli.compare", "several models, one table, paired tests"),
    "tune": ("mritumor.cli.tune", "search for settings that validate best"),
    "tensorboard": ("mritumor.cli.tensorboard", "open a run's curves and pictures"),
    "predict": ("mritumor.cli.predict", "outline tumours with a bundle"),
    "evaluate": (
        "mritumor.cli.evaluate",
        "score a bundle on patients with known truth",
    ),
    "evaluate-all": (
        "mritumor.cli.evaluate_all",
        "score every bundle on raw folders of new patients",
    ),
    "calibrate": (
        "mritumor.cli.calibrate",
        "make a bundle's probabilities mean what they say",
    ),
    "serve": ("mritumor.web.serve", "open a page for scans in the browser; REST"),
    "export": ("mritumor.cli.export", "write a bundle as ONNX or TorchScript"),
    "bundle-check": (
        "mritumor.cli.bundle_check",
        "ask every consumer of bundles whether it takes these",
    ),
}
SECTIONS = {
    "Data": (
        "data phantom",
        "data prepare",
        "data merge",
        "data audit",
        "data preprocess",
    ),
    "Training": ("check", "train", "tensorboard", "compare", "tune"),
    "Results": ("predict", "serve", "evaluate", "evaluate-all", "calibrate"),
    "Giving bundles away": ("export", "bundle-check"),
}
FIRST_STEPS = """\
First steps, in a copy of the repository, with synthetic patients
  mritumor data phantom demo/slices --slices --cases 12
  mritumor predict bundles/figshare_joint_segmentation demo/slices --out demo/results

mritumor COMMAND --help tells more. A bundle is a folder with a model: its settings, its
weights, its documentation. Exit codes: 0 done, 1 some cases failed, 2 nothing was done
because the request or the input is wrong, 130 interrupted."""
GROUPS = {"data": "make, prepare and look at data sets"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the words after ``mritumor``; default those of the process.

    Returns:
        0 done, 1 some cases failed, 2 nothing was done because the request or the
        input is wrong, 130 interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    command = _command_of(words)
    if unknown := _unknown(words):
        print(f"mritumor: {unknown}", file=sys.stderr)
        return 2
    parser = _parser(command)
    arguments = parser.parse_args(words)
    if command is None:
        _deepest(parser, words).print_help()
        return 2 if words else 0
    _hush()
    try:
        return int(importlib.import_module(COMMANDS[command][0]).run(arguments))
    except PreflightError as error:
        for problem in error.problems:
            print(f"mritumor: {problem}", file=sys.stderr)
        return 2
    except MRITumorError as error:
        print(f"mritumor: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as error:
        more = f"; {error}; the same command goes on" if str(error) else ""
        print(f"mritumor: interrupted{more}", file=sys.stderr)
        return 130


def _hush() -> None:
    """Keep MONAI from telling each command that a GPU decoder of DICOM is absent."""
    import logging
    import warnings

    name = "monai.data.nvimgcodec_pydicom_plugin"
    logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message="NvImgCodecPydicomReader")


def _overview() -> str:
    """Return all commands under their headings."""
    listed = {name for names in SECTIONS.values() for name in names}
    rest = tuple(name for name in COMMANDS if name not in listed)
    width = max(map(len, COMMANDS))
    lines = ["Brain-tumour MRI: from raw scans to a tumour's outline and class."]
    for heading, names in {**SECTIONS, "More": rest}.items():
        if names:
            lines += ["", heading]
        lines += [f"  {n:{width}}  {COMMANDS[n][1]}" for n in names if n in COMMANDS]
    return "\n".join(lines)


def _command_of(words: Sequence[str]) -> str | None:
    for length in (2, 1):
        command = " ".join(words[:length])
        if command in COMMANDS:
            return command
    return None


def _unknown(words: Sequence[str]) -> str:
    """Return a sentence about a misspelt command; nothing when it is none."""
    if not words or words[0].startswith("-"):
        return ""
    names = [name.split()[0] for name in COMMANDS]
    if words[0] in names:
        return ""
    near = did_you_mean(words[0], names) or "mritumor --help lists all commands"
    return f"there is no command {words[0]!r}; {near}"


def _parser(command: str | None) -> argparse.ArgumentParser:
    """Build the parser; only the chosen command's module is imported."""
    parser = argparse.ArgumentParser(
        prog="mritumor",
        usage="mritumor COMMAND …",
        description=_overview(),
        epilog=FIRST_STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action="version", version=f"mritumor {__version__}"
    )
    top = parser.add_subparsers(
        prog="mritumor", metavar="COMMAND", help=argparse.SUPPRESS
    )
    groups = {}
    for group, summary in GROUPS.items():
        sub = top.add_parser(group, description=f"{summary.capitalize()}.")
        groups[group] = sub.add_subparsers(metavar="COMMAND", title="commands")
    for name, (module, summary) in COMMANDS.items():
        group, _, leaf = name.rpartition(" ")
        parent = groups[group] if group else top
        # The overview lists the commands at the top; a group lists its own.
        told: dict[str, Any] = {"help": summary} if group else {}
        if name != command:
            parent.add_parser(leaf, **told)
            continue
        implementation = importlib.import_module(module)
        leaf_parser = parent.add_parser(
            leaf,
            **told,
            description=implementation.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        implementation.add_arguments(leaf_parser)
    return parser


def _deepest(
    parser: argparse.ArgumentParser, words: Sequence[str]
) -> argparse.ArgumentParser:
    """Return the parser of the group that the words name, else the top one."""
    for action in parser._subparsers._group_actions if parser._subparsers else []:
        choices = action.choices or {}
        if words and words[0] in choices:
            return choices[words[0]]  # type: ignore[index]
    return parser


if __name__ == "__main__":
    sys.exit(main())
