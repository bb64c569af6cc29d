"""What holds for every test: nothing of a patient in a log, nothing empty in an answer."""

from collections.abc import Iterator

import pytest

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
