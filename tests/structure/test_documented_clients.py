"""The examples in the documentation of trusted clients work as they stand."""

import re
from datetime import UTC
from pathlib import Path

import pytest

from cdshooks import knowledge
from cdshooks.security.client_entry import Entry
from cdshooks.security.tokens import Reason
from cdshooks.services.answer import Site
from cdshooks.services.trust import client_file
from cdshooks.settings import Settings

TEXT = (Path(__file__).parents[2] / "docs" / "clients.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
SITE = Site(knowledge.base().profile("default"), UTC, "https://cds.example.org")


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_documented_client_is_sound(example: str, tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    file.write_text(example, encoding="utf-8")
    found = client_file(Settings(auth="off", trusted_clients=file), SITE)
    assert (len(found.clients), found.mistakes, found.warnings) == (1, (), ())


def test_there_is_an_example_for_each_kind_of_client() -> None:
    assert len(EXAMPLES) == 6


def test_every_key_and_every_reason_is_documented() -> None:
    assert not [name for name in Entry.model_fields if f"| `{name}` |" not in TEXT]
    assert not [reason for reason in Reason if f"`{reason}`" not in TEXT]
