"""What is installed is what was looked at: every version is pinned and has its hashes."""

import re
from pathlib import Path

import pytest

LOCKS = sorted((Path(__file__).parents[2] / "requirements").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_dependency_is_pinned_with_hashes(lock: Path) -> None:
    entries = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())
    packages = [entry for entry in entries if not entry.startswith(("#", "-"))]
    assert packages
    for package in packages:
        assert re.match(r"[A-Za-z0-9._-]+(\[[\w,-]+\])?==\S+", package), package.splitlines()[0]
        assert "--hash=sha256:" in package
