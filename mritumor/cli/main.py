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

from mritumor import __version__
from mritumor.errors import MRITumorError, PreflightError

COMMANDS = {
    "data phantom": (
        "mritumor.cli.data_phantom",
        "make synthetic studies with known truth",
    ),
    "data prepare": (
        "mritumor.cli.data_prepare",
        "turn a raw data set into a datalist",
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
    parser = _parser(command)
    arguments = parser.parse_args(words)
    if command is None:
        _deepest(parser, words).print_help()
        return 2 if words else 0
    try:
        return int(importlib.import_module(COMMANDS[command][0]).run(arguments))
    except PreflightError as error:
        for problem in error.problems:
            print(f"mritumor: {problem}", file=sys.stderr)
        return 2
    except MRITumorError as error:
        print(f"mritumor: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("mritumor: interrupted", file=sys.stderr)
        return 130


def _command_of(words: Sequence[str]) -> str | None:
    for length in (2, 1):
        command = " ".join(words[:length])
        if command in COMMANDS:
            return command
    return None


def _parser(command: str | None) -> argparse.ArgumentParser:
    """Build the parser; only the chosen command's module is imported."""
    parser = argparse.ArgumentParser(
        prog="mritumor",
        description="Brain-tumour MRI: from raw scans to a tumour's outline and class.",
        epilog="Try: mritumor COMMAND --help",
    )
    parser.add_argument(
        "--version", action="version", version=f"mritumor {__version__}"
    )
    top = parser.add_subparsers(metavar="COMMAND", title="commands")
    groups = {}
    for group, summary in GROUPS.items():
        sub = top.add_parser(
            group, help=summary, description=f"{summary.capitalize()}."
        )
        groups[group] = sub.add_subparsers(metavar="COMMAND", title="commands")
    for name, (module, summary) in COMMANDS.items():
        group, _, leaf = name.rpartition(" ")
        parent = groups[group] if group else top
        if name != command:
            parent.add_parser(leaf, help=summary)
            continue
        implementation = importlib.import_module(module)
        leaf_parser = parent.add_parser(
            leaf,
            help=summary,
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
