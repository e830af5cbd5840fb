"""A training run as a user has it: its files, resuming it, stopping it."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mritumor.bundle.launch import run_bundle

pytestmark = pytest.mark.slow


def train(bundle: Path, data: Path, run: Path, *words: str) -> None:
    folders = ["--dataset_dir", str(data), "--output_dir", str(run)]
    run_bundle(
        bundle, "training", [], [*folders, "--ckpt_dir", str(run / "models"), *words]
    )


def last(run: Path) -> dict:
    return torch.load(run / "last.pt", weights_only=True)


def rows(run: Path) -> list[dict[str, str]]:
    with (run / "metrics.csv").open() as file:
        return [
            {k: v for k, v in r.items() if k != "seconds_per_step"}
            for r in csv.DictReader(file)
        ]


def assert_same_run(one: Path, other: Path) -> None:
    a, b = last(one), last(other)
    assert a["iteration"] == b["iteration"]
    assert a["best_metric"] == b["best_metric"]
    for part in ("network", "optimizer"):
        flat_a, flat_b = (torch.utils._pytree.tree_leaves(s[part]) for s in (a, b))
        assert len(flat_a) == len(flat_b)
        for x, y in zip(flat_a, flat_b):
            assert torch.equal(x, y) if isinstance(x, torch.Tensor) else x == y
    assert rows(one) == rows(other)


@pytest.fixture(scope="module")
def whole_run(
    tiny_bundle: Path, phantoms: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    run = tmp_path_factory.mktemp("whole") / "run"
    train(tiny_bundle, phantoms, run, "--epochs", "3")
    return run


def test_run_folder_tells_what_was_run(whole_run: Path) -> None:
    record = json.loads((whole_run / "run.json").read_text())
    assert record["versions"]["monai"] and record["versions"]["torch"]
    assert len(record["data_hash"]) == 64
    assert record["epochs_done"] == 3 and record["best"]["metric"] == "val_mean_dice"
    assert json.loads((whole_run / "config.json").read_text())["epochs"] == 3


def test_metrics_have_one_line_an_epoch(whole_run: Path) -> None:
    lines = rows(whole_run)
    assert [line["epoch"] for line in lines] == ["1", "2", "3"]
    assert set(lines[0]) >= {
        "train_loss",
        "learning_rate",
        "val_dice_WT",
        "val_dice_ET",
    }


def test_tensorboard_has_scalars_and_pictures(whole_run: Path) -> None:
    tags: set[str] = set()
    for events in (whole_run / "tensorboard").iterdir():
        accumulator = EventAccumulator(str(events)).Reload()
        tags |= {*accumulator.Tags()["scalars"], *accumulator.Tags()["images"]}
    wanted = {"train_loss", "learning_rate", "seconds_per_step", "train_mean_dice"}
    wanted |= {f"val_dice_{r}" for r in ("WT", "TC", "ET")}
    wanted |= {"val_mean_dice", "validation/case_0_truth_prediction"}
    assert wanted <= tags


def test_best_and_last_weights_load_safely(whole_run: Path) -> None:
    best = torch.load(whole_run / "models/model.pt", weights_only=True)
    assert best.keys() == last(whole_run)["network"].keys()


def test_resumed_run_equals_the_uninterrupted_one(
    tiny_bundle: Path, phantoms: Path, whole_run: Path, tmp_path: Path
) -> None:
    """Stopped by SIGTERM within an epoch, at whatever step it arrives."""
    run = tmp_path / "run"
    command = [sys.executable, "-m", "monai.bundle", "run", "training"]
    command += ["--config_file", str(tiny_bundle / "configs/train.json")]
    command += ["--dataset_dir", str(phantoms), "--output_dir", str(run)]
    command += ["--ckpt_dir", str(run / "models"), "--epochs", "3"]
    # As many threads as this process: sums in another order differ in the last bit.
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("epoch 1/3"):
            process.send_signal(signal.SIGTERM)
    assert process.wait() == 0, "".join(said)
    assert any("all saved" in line for line in said)
    stopped = last(run)
    assert 0 < stopped["iteration"] < 3 * stopped["epoch_length"]
    record = json.loads((run / "run.json").read_text("utf-8"))
    assert "stopped" in record and "ended" not in record
    done = subprocess.run(
        [*command, "--resume", "True"], env=environment, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    record = json.loads((run / "run.json").read_text("utf-8"))
    assert "ended" in record and "stopped" not in record
    assert_same_run(run, whole_run)


def test_earlier_run_is_kept(tiny_bundle: Path, phantoms: Path, tmp_path: Path) -> None:
    train(tiny_bundle, phantoms, tmp_path / "run", "--epochs", "1")
    weights = (tmp_path / "run/models/model.pt").read_bytes()
    train(tiny_bundle, phantoms, tmp_path / "run", "--epochs", "1", "--seed", "9")
    (aside,) = (tmp_path / "run/earlier").iterdir()
    assert (aside / "last.pt").is_file() and (aside / "tensorboard").is_dir()
    assert (aside / "model.pt").read_bytes() == weights


def test_early_stopping_ends_a_run_that_learns_nothing(
    tiny_bundle: Path, phantoms: Path, tmp_path: Path
) -> None:
    words = ["--epochs", "9", "--learning_rate", "0.0", "--patience", "2"]
    train(tiny_bundle, phantoms, tmp_path, *words)
    assert len(rows(tmp_path)) == 3


def test_plateau_schedule_lowers_the_rate(
    tiny_bundle: Path, phantoms: Path, tmp_path: Path, root: Path
) -> None:
    words = [
        "--dataset_dir",
        str(phantoms),
        "--output_dir",
        str(tmp_path),
        "--epochs",
        "5",
    ]
    words += ["--ckpt_dir", str(tmp_path), "--plateau", "0", "--val_interval", "2"]
    words += ["--lr_scheduler#threshold", "2.0"]  # no improvement is ever enough
    plateau = root / "configs/schedules/plateau.yaml"
    run_bundle(tiny_bundle, "training", [plateau], words)
    told = [bool(line["val_mean_dice"]) for line in rows(tmp_path)]
    assert told == [False, True, False, True, True]  # the last epoch too
    rates = [float(line["learning_rate"]) for line in rows(tmp_path)]
    # Validated are epochs 2 and 4: the others, which have no score of their own, do not
    # lower the rate before a second validation could.
    assert rates[:3] == [rates[0]] * 3
    assert rates[4] == pytest.approx(0.3 * rates[0])


def test_nan_loss_ends_with_a_sentence(
    tiny_bundle: Path, phantoms: Path, tmp_path: Path
) -> None:
    from mritumor.errors import MRITumorError

    with pytest.raises(MRITumorError, match="no longer a finite number"):
        train(
            tiny_bundle,
            phantoms,
            tmp_path,
            "--learning_rate",
            "1e30",
            "--warmup_epochs",
            "0",
        )


def test_two_processes_train_and_evaluate(
    tiny_bundle: Path, phantoms: Path, tmp_path: Path
) -> None:
    bundle = tmp_path / tiny_bundle.name
    shutil.copytree(tiny_bundle, bundle)
    configs = {
        n: str(bundle / f"configs/{n}.json")
        for n in ("train", "evaluate", "multi_gpu_train", "multi_gpu_evaluate")
    }
    launch = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc_per_node=2",
    ]
    launch += ["-m", "monai.bundle", "run"]
    folders = ["--dataset_dir", str(phantoms)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    environment["PYTHONFAULTHANDLER"] = "1"  # a crash says where
    for run_id, files, words in (
        ("training", ["train", "multi_gpu_train"], ["--epochs", "1"]),
        (
            "evaluating",
            ["train", "evaluate", "multi_gpu_evaluate"],
            ["--section", "training"],
        ),
    ):
        chosen = str([configs[f] for f in files])
        command = [*launch, run_id, "--config_file", chosen, *folders, *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-9000:]
    together = scores(bundle / "runs/evaluate/metrics.csv")
    one = tmp_path / "one"
    words = [*folders, "--section", "training", "--output_dir", str(one)]
    run_bundle(bundle, "evaluating", [], words)
    assert together == pytest.approx(scores(one / "metrics.csv"), abs=1e-4)


def scores(path: Path) -> dict[str, float]:
    with path.open() as file:
        return {
            row[0]: float(row[1]) for row in csv.reader(file) if row[0] != "val_dice"
        }
