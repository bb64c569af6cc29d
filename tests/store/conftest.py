"""The same tests for both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cdshooks.feedback import Store
from cdshooks.feedback.migrate import upgrade
from tests.support.stores import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.db"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.database() as address:
        yield address


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store in its newest form."""
    made = Store(url)
    upgrade(made)
    yield made
    made.close()
