"""Two processes with gloo: training runs, evaluation scores as one process does."""

from __future__ import annotations

import multiprocessing
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mritumor.export.consumers.case import Case
from mritumor.export.consumers.outcome import Unsatisfied
from mritumor.export.consumers.overrides import training_overrides
from mritumor.export.consumers.reasons import sentence
from mritumor.export.consumers.workflow import run

PROCESSES = 2
TOLERANCE = 1e-4
_NUMBER = re.compile(r"(?<![\w.])-?(?:\d+\.?\d*(?:e[+-]?\d+)?|nan|inf)(?!\w)")


def check(case: Case) -> None:
    """Train and evaluate in two processes; compare with one."""
    for name in ("multi_gpu_train", "multi_gpu_evaluate", "evaluate"):
        if not (case.bundle / "configs" / f"{name}.json").is_file():
            raise Unsatisfied(f"there is no configs/{name}.json")
    trained = training_overrides(case, case.work / "two")
    together(lambda: run(case, ("train", "multi_gpu_train"), "training", trained))
    evaluate = ("train", "evaluate", "multi_gpu_evaluate")
    together(lambda: run(case, evaluate, "evaluating", trained))
    alone = {**trained, "output_dir": str(case.work / "one")}
    run(case, ("train", "evaluate"), "evaluating", alone)
    compare(Path(trained["output_dir"]), case.work / "one")


def together(task: Callable[[], Any], processes: int = PROCESSES) -> None:
    """Call a function in processes that are set up as torchrun sets them up."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()

    def rank(index: int) -> None:
        os.environ |= {"RANK": str(index), "LOCAL_RANK": str(index)}
        os.environ |= {"WORLD_SIZE": str(processes), "MASTER_ADDR": "127.0.0.1"}
        os.environ |= {"MASTER_PORT": str(port)}
        try:
            task()
            queue.put("")
        except BaseException as error:
            queue.put(sentence(error))
            raise

    started = [context.Process(target=rank, args=(i,)) for i in range(processes)]
    for process in started:
        process.start()
    reasons = [queue.get() for _ in started[:1]]
    if not reasons[0]:
        reasons += [queue.get() for _ in started[1:]]
    for process in started:
        process.join(30) if not any(reasons) else process.kill()
    if any(reasons):
        raise Unsatisfied(next(reason for reason in reasons if reason))


def compare(two: Path, one: Path) -> None:
    """Compare the metrics.csv that MetricsSaver writes."""
    a, b = _metrics(two), _metrics(one)
    if not b or a.keys() != b.keys():
        raise Unsatisfied(f"two processes write {sorted(a)}, one writes {sorted(b)}")
    for name, values in b.items():
        if not np.allclose(a[name], values, atol=TOLERANCE, equal_nan=True):
            raise Unsatisfied(f"{name} is {a[name]} in two processes, {values} in one")


def _metrics(folder: Path) -> dict[str, list[float]]:
    """Return the numbers of each line: one, or several where a metric has labels."""
    found: dict[str, list[float]] = {}
    for path in folder.rglob("metrics.csv"):
        for line in path.read_text(encoding="utf-8").splitlines():
            name, _, values = line.replace("\t", ",").partition(",")
            found[name] = [float(v) for v in _NUMBER.findall(values)]
    return {name: values for name, values in found.items() if values}
