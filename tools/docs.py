"""Writes the documents that come from the code; ``--check`` refuses stale ones.

``docs/rules.md`` from the rules, ``docs/configuration.md`` from the settings and
profiles, ``docs/prefetch.md`` from the searches that rules need, ``docs/examples.md``
from the stories, ``docs/coverage.md`` from the statements that rules act on,
``docs/noise.md`` from what is said of typical patients,
``docs/conformance.md`` from the marks of tests, the tables of ``docs/cohort.md``
from the distributions of the synthetic cohort, ``docs/card.svg`` from an example patient.
Run by ``make docs``; ``make check`` runs it with ``--check``.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time
from io import StringIO
from pathlib import Path

from rich.console import Console

from cdshooks import examples
from cdshooks.cli.bundle import patient_of, request
from cdshooks.cli.show import Headline, show
from cdshooks.knowledge import MARKS, Knowledge, base
from cdshooks.knowledge.model import ProfileFile
from cdshooks.services import services
from cdshooks.services.answer import Site, answer, searches
from cdshooks.services.catalogue import amount
from cdshooks.settings import Settings
from tools import cohort_docs, coverage, noise, stories
from tools.conformance import conformance
from tools.prefetch_docs import prefetch_page
from tools.rule_docs import rule_catalogue

DOCS = Path(__file__).parents[1] / "docs"
MADE = "<!-- Made by `make docs`. Do not edit: change the code or the knowledge files. -->\n"


def main() -> int:
    """Writes or checks every generated document; 1 when one is stale."""
    checking = "--check" in sys.argv[1:]
    stale = []
    for name, text in documents():
        path = DOCS / name
        if checking and (not path.exists() or path.read_text(encoding="utf-8") != text):
            stale.append(name)
        elif not checking:
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"docs/{name} is stale: run make docs")
    return 1 if stale else 0


def documents() -> Iterator[tuple[str, str]]:
    """Each generated document: its name and its text."""
    knowledge = base().profile("default")
    yield "rules.md", "\n".join(["# Rules\n", MADE, *rule_catalogue(knowledge)]) + "\n"
    yield "configuration.md", configuration(knowledge)
    yield "prefetch.md", prefetch_page(Site(knowledge, UTC, "https://cds.example.org"), MADE)
    yield "examples.md", "\n".join(["# Example patients\n", MADE, *stories.page()]) + "\n"
    yield "coverage.md", "\n".join(["# Coverage\n", MADE, *coverage.page()]) + "\n"
    yield "noise.md", "\n".join(["# Noise\n", MADE, *noise.page()]) + "\n"
    yield "conformance.md", "\n".join(["# Conformance\n", MADE, *conformance()]) + "\n"
    yield "cohort.md", cohort_docs.page()
    yield "card.svg", card_picture(knowledge)


PICTURED = "bulbar-onset-fvc-falling"
"""The example patient whose card the README shows."""


def card_picture(knowledge: Knowledge) -> str:
    """A real card as a terminal shows it, as of the day of the example."""
    chart = examples.load(PICTURED)
    day = examples.anchor(chart)
    assert day is not None
    site = Site(knowledge, UTC, "https://cds.example.org", full_prefetch=True)
    asked = searches("patient-view", site)
    call = request("patient-view", chart, patient_of(chart, PICTURED), (), asked)
    [service] = [s for s in services() if s.hook == "patient-view"]
    now = datetime.combine(day, time(12), UTC)
    body = answer(service, call, site, now).body
    console = Console(record=True, width=96, file=StringIO(), force_terminal=True)
    first = {"cards": body["cards"][:1]}
    show(console, Headline("patient-view", PICTURED, day, ("default",)), first)
    return console.export_svg(title="cdshooks call", unique_id="card")


def configuration(knowledge: Knowledge) -> str:
    """Every setting, and every profile with what it changes."""
    lines = [
        "# Configuration\n",
        MADE,
        "Set as environment variables, or in a TOML file named by `CDSHOOKS_CONFIG` "
        "(same names, lower case, without the prefix). The environment wins.\n",
        "| variable | default | meaning |",
        "| --- | --- | --- |",
    ]
    for name, field in Settings.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        shown = ", ".join(default) if isinstance(default, tuple) else default
        text = "" if shown is None or shown == "" else f"`{shown}`"
        lines.append(f"| `CDSHOOKS_{name.upper()}` | {text} | {field.description or ''} |")
    lines += [
        "\n## Profiles\n",
        "Named in `CDSHOOKS_PROFILE`, separated by commas; later ones overlay earlier ones, "
        "and all overlay `default`. [A profile of your own](local-codes.md), named by its path, "
        "adds your codes, changes limits and switches rules off.\n",
        "*mark* says how surely a number was read: "
        + "; ".join(f"{mark} {meaning}" for mark, meaning in MARKS.items())
        + ".\n",
    ]
    for name, profile in knowledge.base.profiles.items():
        lines += [f"### {name}\n", f"{profile.meaning}\n", *_profile(profile, knowledge)]
    return "\n".join(lines) + "\n"


def _profile(profile: ProfileFile, knowledge: Knowledge) -> Iterator[str]:
    if not profile.parameters:
        return
    yield "| number | default | here | source | mark |"
    yield "| --- | --- | --- | --- | --- |"
    for name, over in profile.parameters.items():
        usual = knowledge.base.parameters[name]
        changed = usual.overridden(value=over.value, operator=over.operator or usual.operator)
        label = knowledge.base.sources[over.source.guideline].label
        yield (
            f"| `{name}` | {amount(usual)} | {amount(changed)} "
            f"| {label}, {over.source.locator} | {over.mark} |"
        )
    yield ""


if __name__ == "__main__":
    sys.exit(main())
