"""The threat model names tests that exist; which threats have none is said here."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "security.md"
LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")


def rows() -> Iterator[tuple[str, str, str]]:
    """Every row of the tables of threats: threat, control, tests."""
    heading = False
    for line in DOCUMENT.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells == ["threat", "control", "tests"]:
            heading = True
        elif not line.startswith("|"):
            heading = False
        elif heading and not cells[0].startswith("-"):
            yield cells[0], cells[1], cells[2]


def test_every_file_that_is_linked_exists() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    files = {link for link in LINK.findall(text) if not link.startswith("http")}
    assert [file for file in sorted(files) if not (DOCUMENT.parent / file).exists()] == []


def test_every_threat_has_a_control_and_a_test() -> None:
    found = list(rows())
    assert len(found) >= 25
    assert [threat for threat, control, _ in found if not control] == []
    assert [threat for threat, _, tests in found if not LINK.search(tests)] == []


def test_the_ten_of_owasp_are_all_there() -> None:
    named = {threat.split()[0] for threat, _, _ in rows()}
    assert {f"API{number}" for number in range(1, 11)} <= named
