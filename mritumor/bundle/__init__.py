"""Read a bundle, say what is wrong with it before it runs, record what ran."""

from mritumor.bundle.preflight import check_run, preflight
from mritumor.bundle.workflow import running_config, running_root
