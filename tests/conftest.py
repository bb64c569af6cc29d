"""What tests of several folders use."""

import os
from collections.abc import Iterator

import pytest

from tests.support.stores import Postgres


@pytest.fixture(autouse=True, scope="session")
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test writes into the folder of whoever runs it."""
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real PostgreSQL, started by the first test that needs it."""
    server = Postgres()
    yield server
    server.stop()
