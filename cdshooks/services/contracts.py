"""The contract of each prefetch key: its query, who needs it, and what its absence means."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from cdshooks import rules
from cdshooks.chart import MEDICATIONS, Search, keys
from cdshooks.knowledge import Knowledge
from cdshooks.rules.authoring import Derived, gates
from cdshooks.services.answer import Site, searches

REPORT = "data-unavailable"
"""The rule whose card names what could not be read."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What a client and this service rely on for one key of one service.

    core: whether it is asked for in prefetch unless a site wants everything; the
    others are only fetched. alone: gates and rules of which some input is answered
    by this search only; also: those that read it beside others. absence: what it
    means that neither the client nor a FHIR server answered.
    """

    search: Search
    core: bool
    alone: tuple[str, ...]
    also: tuple[str, ...]
    absence: str


def contracts(hook: str, site: Site) -> tuple[Contract, ...]:
    """The contracts of the service on a hook, in the order of discovery, fetched ones last."""
    core = searches(hook, replace(site, full_prefetch=False))
    everything = searches(hook, replace(site, full_prefetch=True))
    fetched = tuple(search for search in everything if search not in core)
    return tuple(_contract(s, hook, s in core, site.knowledge) for s in (*core, *fetched))


def _contract(search: Search, hook: str, core: bool, knowledge: Knowledge) -> Contract:
    named: dict[str, Derived] = {gate.function.__name__: gate for gate in gates()}
    named |= {rule.id: rule for rule in rules.load() if hook in rule.hooks}
    reading = {name: r for name, r in named.items() if search.key in keys(r.reads, knowledge)}
    alone = [name for name, reader in reading.items() if _alone(search.key, reader, knowledge)]
    also = [name for name in reading if name not in alone]
    return Contract(search, core, tuple(alone), tuple(also), _absence(search, hook, core))


def _alone(key: str, reader: Derived, knowledge: Knowledge) -> bool:
    return any(keys((declaration,), knowledge) == {key} for declaration in reader.reads)


def _absence(search: Search, hook: str, core: bool) -> str:
    told = "on the card" if _is_reported(hook) else "in `notAssessed`"
    if search.type == "Patient":
        return "nothing is known of the patient: 412, also for `null`"
    if search.type in ("Condition", *MEDICATIONS) and core:
        return f"{told}; 412 if neither the problem list nor any medication was answered"
    if core:
        return f"{told}, if a rule for the patient needs it"
    return f"never asked for: in `notAssessed`; if fetching failed, {told}"


def _is_reported(hook: str) -> bool:
    found: Iterable[bool] = (hook in rule.hooks for rule in rules.load() if rule.id == REPORT)
    return any(found)
