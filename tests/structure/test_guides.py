"""The guides to the sandbox and to EHRs: their links lead somewhere, their examples work."""

import re
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest

from cdshooks import examples, knowledge
from cdshooks.services import services
from cdshooks.services.answer import Site
from cdshooks.services.trust import client_file
from cdshooks.settings import Settings

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "docs" / "sandbox.md", *sorted((ROOT / "docs" / "integrate").glob("*.md"))]
SITE = Site(knowledge.base().profile("default"), UTC, "https://cds.example.org")


def text(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def clients() -> Iterator[str]:
    for guide in GUIDES:
        yield from re.findall(r"```toml\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)


def anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in kept}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_every_link_leads_to_a_file_and_a_heading(guide: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", guide.read_text(encoding="utf-8"))
    assert links
    for link in links:
        path, _, heading = link.partition("#")
        if "://" in link:
            continue
        file = (guide.parent / path).resolve() if path else guide
        assert file.exists(), link
        assert not heading or heading in anchors(file), link


@pytest.mark.parametrize("example", list(clients()))
def test_every_client_in_a_guide_is_sound(example: str, tmp_path: Path) -> None:
    file = tmp_path / "clients.toml"
    file.write_text(example, encoding="utf-8")
    found = client_file(Settings(auth="off", trusted_clients=file), SITE)
    assert (len(found.clients), found.mistakes, found.warnings) == (1, (), ())


def test_every_service_is_in_the_guide_with_its_hook() -> None:
    for service in services():
        assert f"| `{service.hook}` | `/cds-services/{service.id}` |" in text(
            "integrate/generic.md"
        )


def test_the_patients_that_the_guide_names_are_there() -> None:
    known = {
        entry["resource"]["id"]
        for name in examples.names()
        for entry in examples.load(name)["entry"]
        if entry["resource"]["resourceType"] == "Patient"
    }
    rows = re.findall(r"^\| (?:Patient|Rx) View[^|]*\|([^|]*)\|", text("sandbox.md"), re.MULTILINE)
    named = {id for row in rows for id in re.findall(r"`(\w+)`", row)}
    assert named
    assert named <= known


def test_the_guides_are_found_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert not [guide for guide in GUIDES if str(guide.relative_to(ROOT)) not in readme]
