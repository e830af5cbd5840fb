"""What MONAI's metrics lack: intervals over patients."""

from mritumor.metrics.bootstrap import Interval, bootstrap_interval
