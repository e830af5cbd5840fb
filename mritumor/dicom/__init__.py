"""DICOM series in, sorted and in RAS+ mm; label maps out, as SEG and RT Structure Set.

The one place of the package that speaks LPS. pydicom and highdicom are the optional
extra ``dicom``.

    >>> from mritumor.dicom import find_series, read_series
    >>> found = find_series("export/")
    >>> volume = read_series(found.series[0])
    >>> volume.array.shape, volume.affine
    >>> algorithm = Algorithm("brats_segmentation", "0.1.0")
    >>> write_seg("seg.dcm", labels, volume.affine, found.series[0], names, algorithm)
"""

from __future__ import annotations

from mritumor._lazy import lazy_names

__all__, __getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Algorithm": "algorithm",
        "Found": "search",
        "Frame": "frames",
        "Patient": "patient",
        "Series": "series",
        "SeriesHeader": "header",
        "SourceImages": "source",
        "Volume": "volume",
        "concept": "codes",
        "find_series": "search",
        "holds_dicom": "search",
        "make_rtstruct": "structure_set",
        "make_seg": "segmentation_object",
        "read_series": "volume",
        "resample_labels": "label_grid",
        "source_images": "source",
        "stack_affine": "stack",
        "turn_labels": "label_grid",
        "weighting": "weighting",
        "why_not_anatomical": "kind",
        "write_rtstruct": "structure_set",
        "write_seg": "segmentation_object",
    },
)
