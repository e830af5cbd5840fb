"""MONAI's verify_metadata, without network."""

from __future__ import annotations

from monai.bundle.scripts import verify_metadata

from mritumor.export.consumers.case import Case
from mritumor.export.consumers.outcome import Unsatisfied


def check(case: Case) -> None:
    """Verify metadata.json with the schema that the bundle ships."""
    schema = case.source / "configs/metadata_schema.json"
    if not schema.is_file():
        raise Unsatisfied(
            "verify_metadata needs the network: the bundle ships no schema "
            "(configs/metadata_schema.json)"
        )
    verify_metadata(
        meta_file=str(case.source / "configs/metadata.json"), filepath=str(schema)
    )
