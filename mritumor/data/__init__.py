"""Raw folders to cases to one datalist JSON."""

from mritumor.data.datalist import (
    SECTIONS,
    check_patients_apart,
    owner,
    read_datalist,
    write_datalist,
)
from mritumor.data.inputs import (
    InputCase,
    case_name,
    case_name_formatter,
    find_cases,
    find_inputs,
)
from mritumor.data.picture_inputs import find_pictures, picture_name_formatter
