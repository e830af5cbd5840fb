"""MONAI's verify_net_in_out: the network takes and gives what the metadata says."""

from __future__ import annotations

from monai.bundle.scripts import verify_net_in_out

from mritumor.export.consumers.case import Case


def check(case: Case) -> None:
    """Verify with the sizes that the metadata allows."""
    verify_net_in_out(
        net_id="network_def",
        meta_file=str(case.bundle / "configs/metadata.json"),
        config_file=str(case.bundle / "configs/inference.json"),
        bundle_root=str(case.bundle),
    )
