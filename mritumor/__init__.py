"""Brain-tumour MRI on MONAI: from raw scans to a tumour's outline and class.

Importing this package is cheap: torch and MONAI are loaded when something that
needs them is first touched.
"""

__version__ = "0.1.0"
