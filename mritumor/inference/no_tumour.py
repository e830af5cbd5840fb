"""Names of the class that says that there is no tumour."""

NO_TUMOUR = (
    "none",
    "notumor",
    "no_tumor",
    "notumour",
    "no_tumour",
    "normal",
    "healthy",
)
