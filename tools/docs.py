"""Writes the documents that come from the code; ``--check`` refuses stale ones.

``docs/rules.md`` from the rules, ``docs/configuration.md`` from the settings and
profiles. Run by ``make docs``; ``make check`` runs it with ``--check``.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from cdshooks.knowledge import Knowledge, base
from cdshooks.knowledge.model import ProfileFile
from cdshooks.services.catalogue import amount
from cdshooks.settings import Settings
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
        "and all overlay `default`.\n",
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
