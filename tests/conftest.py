"""No test writes into the folder of whoever runs it."""

import os

import pytest


@pytest.fixture(autouse=True, scope="session")
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("data"))
