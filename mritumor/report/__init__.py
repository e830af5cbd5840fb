"""Results to look at: figures and reports."""

from mritumor.report.figure import prediction_figure
