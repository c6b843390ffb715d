"""docs/walkthrough.md names tests that exist, for each of its rows."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "docs/walkthrough.md"
ROW = re.compile(r"^\| (\d+) \|.*\| ([^|]+) \|$", re.MULTILINE)
NAME = re.compile(r"`(test_\w+\.py)?::(test_\w+)`")


def named() -> dict[int, list[tuple[str, str]]]:
    """File and test by row. A name without a file is in the file of the name before it."""
    rows = {}
    for number, cell in ROW.findall(TABLE.read_text()):
        file, found = "", []
        for given, name in NAME.findall(cell):
            file = given or file
            found.append((file, name))
        rows[int(number)] = found
    return rows


def test_each_row_is_kept_by_tests_that_exist() -> None:
    rows = named()

    assert list(rows) == list(range(1, 22))
    for number, tests in rows.items():
        assert tests, f"row {number} names no test"
        for file, name in tests:
            text = (ROOT / "tests/e2e" / file).read_text()
            assert re.search(rf"^(async )?def {name}\(", text, re.MULTILINE), f"row {number}: no {file}::{name}"
