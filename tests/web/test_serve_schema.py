"""Random requests made from the OpenAPI description never meet a 5xx."""

from __future__ import annotations

import pytest

schemathesis = pytest.importorskip("schemathesis")


@pytest.mark.slow
def test_openapi_finds_no_server_error(server: str) -> None:
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis.checks import CHECKS

    schema = schemathesis.openapi.from_url(f"{server}/openapi.json")
    checks = [CHECKS.get_one("not_a_server_error")]
    tried = set()
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=8,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            case.call_and_validate(checks=checks, timeout=60)

        ask()
        tried.add(operation.path)
    assert {"/predict", "/predict_segmentation", "/predict_classification"} <= tried
