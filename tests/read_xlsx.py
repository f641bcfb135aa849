"""Prints the rows of an XLSX file's one sheet as JSON. A cell that is anything but text ends it with an error."""

import json
import sys

from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

[sheet] = load_workbook(sys.argv[1]).worksheets
rows = []
for row in sheet.iter_rows():
    for cell in row:
        if cell.value is not None and cell.data_type not in ("s", "inlineStr"):
            sys.exit(f"{cell.coordinate} is of type {cell.data_type}: {cell.value!r}")
    rows.append(["" if cell.value is None else unescape(cell.value) for cell in row])
print(json.dumps(rows))
