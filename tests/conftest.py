"""What holds for every test: nothing of a patient in a log, nothing empty in an answer."""

import os
from collections.abc import Iterator

import pytest

from tests.support.stores import Postgres
from tests.support.watch import Watch, leaks


@pytest.fixture(scope="session")
def watch() -> Watch:
    """What is logged and answered, collected over the whole run."""
    made = Watch()
    made.install()
    return made


@pytest.fixture(autouse=True)
def _watched(watch: Watch) -> Iterator[None]:
    watch.taken()
    yield
    lines, empty = watch.taken()
    assert leaks(lines) == [], "patient data or a token in a log"
    assert empty == [], "an answer with an empty member"


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
