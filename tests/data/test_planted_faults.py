"""More than 60 planted faults: each is found, and nothing else, nor in a clean twin."""

from __future__ import annotations

from pathlib import Path

import planted_pictures
import planted_volumes
import pytest
from planted_collection import Outcome
from planted_faults import examine_all, is_perfect, table

from mritumor.data.audit import audit
from mritumor.data.audit.meanings import MEANINGS
from mritumor.data.audit.page import html_page

ALL = {"pictures": planted_pictures.FAULTS, "volumes": planted_volumes.FAULTS}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    return examine_all(tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize(
    ("name", "n"),
    [
        pytest.param(name, n, id=f"{name}-{n}-{fault.name}")
        for name, faults in ALL.items()
        for n, fault in enumerate(faults)
    ],
)
def test_every_planted_fault_is_found(
    outcomes: dict[str, Outcome], name: str, n: int
) -> None:
    assert outcomes[name].found[n]


@pytest.mark.parametrize("name", ALL)
def test_nothing_else_is_found(outcomes: dict[str, Outcome], name: str) -> None:
    assert outcomes[name].unexplained == []
    assert outcomes[name].reports[0].exit_code == 1


@pytest.mark.parametrize("name", ALL)
def test_the_clean_twin_raises_no_alarm(
    outcomes: dict[str, Outcome], name: str
) -> None:
    spoilt, clean = outcomes[name].reports
    assert outcomes[name].false_alarms == []
    assert clean.exit_code == 0
    assert len(clean.names) == len(spoilt.names)
    assert "nearest image's mask" in clean.baselines


def test_the_table_counts_them_all(outcomes: dict[str, Outcome]) -> None:
    planted = sum(map(len, ALL.values()))
    assert planted >= 60
    (total,) = [
        line for line in table(outcomes).splitlines() if line.startswith("all ")
    ]
    assert total.split() == ["all", str(planted), str(planted), "0"]
    assert is_perfect(list(outcomes.values()))


def test_every_kind_has_a_meaning_for_the_page(outcomes: dict[str, Outcome]) -> None:
    reports = [report for o in outcomes.values() for report in o.reports]
    kinds = {finding.kind for report in reports for finding in report.findings}
    assert len(kinds) >= 20
    assert kinds <= set(MEANINGS)
    for report in reports:
        page = html_page(report)
        assert page.count("<details") == len(
            {(f.severity, f.kind) for f in report.findings}
        )


def test_the_baselines_of_pictures(outcomes: dict[str, Outcome]) -> None:
    assert set(outcomes["pictures"].reports[1].baselines) == {
        "nearest image's class",
        "nearest image's mask",
        "class by image size",
        "commonest class",
    }


def test_the_shared_phantoms_are_clean(phantoms: Path) -> None:
    assert audit(phantoms).findings == []
