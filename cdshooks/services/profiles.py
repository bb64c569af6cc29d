"""The knowledge of an installation under the profiles that it names."""

from collections.abc import Iterable

from cdshooks import knowledge, rules
from cdshooks.errors import KnowledgeInvalid
from cdshooks.knowledge import Knowledge


def under(profiles: Iterable[str]) -> Knowledge:
    """
    The shipped knowledge under these profiles, later ones over earlier ones.

    Raises KnowledgeInvalid as ``knowledge.of_site`` does, and where a profile switches
    off what is no rule, or what tells that data could not be read or believed.
    """
    found = knowledge.of_site(knowledge.base(), profiles)
    if found.off:
        _check_off(found)
    return found


def _check_off(known: Knowledge) -> None:
    where = f"profile {', '.join(known.profiles)}"
    kinds = {rule.id: rule.kind for rule in rules.load()}
    for name in sorted(known.off):
        if name not in kinds:
            raise KnowledgeInvalid(
                where, f"switched_off.{name}", "no such rule; cdshooks rules names all"
            )
        if kinds[name] == "Q":
            raise KnowledgeInvalid(
                where,
                f"switched_off.{name}",
                "tells what could not be read or believed, so it stays on",
            )
