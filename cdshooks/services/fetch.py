"""What is read from a FHIR server beyond what was prefetched: as little as decides.

First what tells whether the patient is this service's at all; only for those who
are, what the rules that apply to them read and nobody sent.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdshooks import rules
from cdshooks.chart import (
    MEDICATIONS,
    Answered,
    Result,
    Search,
    View,
    answer,
    keys,
    read_value,
    unread_drafts,
    unread_medications,
    unread_studies,
)
from cdshooks.engine import answerable, applicable, state_of
from cdshooks.fhir.access import access
from cdshooks.fhir.client import Away, Client, Fetched, Query, Read, anywhere
from cdshooks.fhir.elements import Json, obj
from cdshooks.fhir.templates import filled
from cdshooks.protocol import HookRequest
from cdshooks.rules.authoring import Input, Rule, Series, gates
from cdshooks.rules.states.population import population
from cdshooks.security.outbound import Outbound
from cdshooks.security.policy import Policy

MOST_REFERRED = 20
"""Medications and studies that are read one by one for a call."""
DECIDING = ("Patient", "Condition", *MEDICATIONS)
"""Types that say whether the patient has ALS or takes a drug for it."""
_REFERRED = re.compile(r"(Medication|ResearchStudy)/[A-Za-z0-9.-]{1,64}")
SHARE = 0.9
"""How much of the time that is left may go into fetching; rules and cards have the rest."""


@dataclass(frozen=True)
class Sent:
    """What a call could have: every search that some rule needs, and what the client sent."""

    searches: tuple[Search, ...]
    prefetch: Mapping[str, Any]


def counting(
    searches: tuple[Search, ...], request: HookRequest, policy: Policy
) -> tuple[Search, ...]:
    """The searches that count for this caller: what is never sent was never asked for."""
    never = policy.never_sends - request.prefetch.keys()
    return tuple(s for s in searches if s.key not in never) if never else searches


def fetched(
    view: View,
    request: HookRequest,
    searches: tuple[Search, ...],
    policy: Policy,
    outbound: Outbound | None,
    seconds: float,
    away: Away = anywhere,
) -> tuple[View, tuple[str, ...] | None, tuple[Read, ...]]:
    """The chart with what may and must be fetched, notes for the log, and what was read.

    searches: everything that some rule on this hook reads; seconds: what is left to
    answer in; away: the block in which servers are waited for. The notes are None
    where nothing was meant to be read.
    """
    if outbound is None or request.fhir_server is None:
        return view, None, ()
    allowed = access(request, policy)
    if isinstance(allowed, str):
        # Worth a line in the log only where a client meant its server to be read.
        return view, (allowed,) if request.fhir_authorization else None, ()
    sent = Sent(counting(searches, request, policy), request.prefetch)
    with Client(outbound, allowed, seconds * SHARE, away) as client:
        try:
            view = complete(view, sent, client)
        except Exception as error:  # what cannot be completed is answered from what was sent
            client.notes.append(type(error).__name__)
        return view, tuple(client.notes), tuple(client.reads)


def complete(view: View, sent: Sent, client: Client) -> View:
    """The chart with what the rules for this patient need; the same one if nothing is."""
    view = _read(view, _deciding(view), sent, client)
    found = state_of(population, view)
    if found.related or found.diagnosis in ("als", "provisional"):
        # What rules speak may hang on a draft that only refers to its drug.
        view = _with_referred(view, unread_drafts(view), client)
    speaking = speaking_rules(view)
    if not speaking:
        return view
    if _lacks(view, sent.searches):
        view = _read(view, tuple(_needed(view, speaking, sent.searches)), sent, client)
    return _with_referred(view, (*unread_medications(view), *unread_studies(view)), client)


def _lacks(view: View, searches: Iterable[Search]) -> bool:
    """Whether any search is not answered whole: a call that brings everything is not searched."""
    whole = {r.search.key for r in view.results if r.answered is Answered.WHOLE}
    return any(search.key not in whole for search in searches)


def speaking_rules(view: View) -> tuple[Rule, ...]:
    """The rules that have something to say about this patient; none without ALS."""
    return tuple(r for r in applicable(rules.load(), view) if not only_reports(r))


def only_reports(rule: Rule) -> bool:
    """Whether a rule is about the call or the wording of any order, not about the patient."""
    any_order = rule.per == "order" and rule.drug is None and rule.asks is None
    return rule.kind == "Q" or any_order


def _deciding(view: View) -> tuple[Result, ...]:
    """What was asked for, is not here, and could still change whether the patient has ALS."""
    found = state_of(population, view)
    if found.diagnosis in ("als", "provisional") or not found.living:
        return ()
    deciding = (r for r in view.results if r.search.type in DECIDING)
    return tuple(r for r in deciding if r.answered is not Answered.WHOLE)


def _needed(view: View, speaking: Iterable[Rule], searches: Iterable[Search]) -> Iterator[Result]:
    """What these rules and their gates read, and what nobody sent or sent in part only.

    After a death nothing more is asked about the patient, only about who is left behind.
    """
    rules = tuple(speaking)
    readers = rules if all(r.after_death for r in rules) else (*rules, *gates())
    reads = frozenset[Input]().union(*(r.reads for r in readers))
    needed = keys(reads, view.knowledge)
    short = _short(view, reads)
    known = {result.search.key: result for result in view.results}
    for search in searches:
        result = known.get(search.key, Result(search, Answered.SILENT))
        missing = result.answered in (Answered.SILENT, Answered.FAILED)
        if search.key in needed and (missing or search.key in short):
            yield result


def _short(view: View, reads: Iterable[Input]) -> frozenset[str]:
    """Keys of pages that end before what some input wants of them."""
    parts = {r.search.key: r for r in view.results if r.answered is Answered.PART}
    if not parts:
        return frozenset()
    found: set[str] = set()
    for declaration in filter(answerable, reads):
        found.update(getattr(answer(view, declaration), "failed", ()))
        if isinstance(declaration, Series):
            since = view.since(declaration.lookback)
            served = keys((declaration,), view.knowledge) & parts.keys()
            found.update(key for key in served if not parts[key].complete(since))
    return frozenset(found & parts.keys())


def _read(view: View, wanted: tuple[Result, ...], sent: Sent, client: Client) -> View:
    """The chart with the answers to these searches; one that failed is known to have failed."""
    asked = [(result, query) for result in wanted if (query := _query(result, view, sent))]
    if not asked:
        return view
    answers = client.read([query for _, query in asked])
    fresh = [
        _result(old, fetched, view)
        for (old, _), fetched in zip(asked, answers, strict=True)
        if fetched.tried
    ]
    return view.extended(fresh) if fresh else view


def _query(result: Result, view: View, sent: Sent) -> Query | None:
    search = result.search
    path = filled(search.query, view.context)
    if path is None:
        return None
    part = result.answered is Answered.PART
    return Query(search.type, path, obj(sent.prefetch.get(search.key)) if part else None)


def _result(old: Result, fetched: Fetched, view: View) -> Result:
    if fetched.value is not None:
        return read_value(old.search, fetched.value, view.context.patient_id, view.zone)
    return old if old.answered is Answered.PART else Result(old.search, Answered.FAILED)


def _with_referred(view: View, references: Iterable[str], client: Client) -> View:
    """The chart with the Medications and studies of these references."""
    names = (_relative(reference, client.base) for reference in references)
    wanted = list(dict.fromkeys(name for name in names if name))[:MOST_REFERRED]
    if not wanted:
        return view
    answers = client.read([Query(name.partition("/")[0], name) for name in wanted])
    found: list[Json] = [fetched.value for fetched in answers if fetched.value is not None]
    return view.extended((), found) if found else view


def _relative(reference: str, base: str) -> str | None:
    """``Type/id`` of a reference to this server; None for any other."""
    bare = reference.partition("/_history/")[0].removeprefix(f"{base}/")
    usable = _REFERRED.fullmatch(bare) and bare.partition("/")[2].strip(".")
    return bare if usable else None
