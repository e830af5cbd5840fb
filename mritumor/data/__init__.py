"""Raw folders to cases to one datalist JSON."""

from mritumor.data.datalist import (
    SECTIONS,
    check_patients_apart,
    read_datalist,
    write_datalist,
)
