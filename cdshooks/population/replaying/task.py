"""The rules asked about one patient again, on each of many days, knowing only what was known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, tzinfo
from functools import cache

from cdshooks.cards.clusters import Cluster, capped
from cdshooks.chart import View
from cdshooks.engine import Finding
from cdshooks.errors import PrefetchUnavailable
from cdshooks.feedback.terms import Terms
from cdshooks.knowledge import Base, Knowledge
from cdshooks.population.assess import HOOK, Assessor, grouped, has_als, lacks_data
from cdshooks.population.ids import named, told
from cdshooks.population.record import Record
from cdshooks.population.replaying.memory import Memory
from cdshooks.population.replaying.rows import COLUMNS, Row, row
from cdshooks.population.replaying.seen import Timeline, timeline
from cdshooks.population.replaying.uptake import Entries, Sought, sought
from cdshooks.population.replaying.visits import Followed, Span, days_of, followed
from cdshooks.rules.authoring import Recommend
from cdshooks.services.memory import terms_of
from cdshooks.services.profiles import under
from cdshooks.settings import zone_named

NOON = time(12)
"""When a day is judged, as for a call that names a day and no time."""


@dataclass
class First:
    """The first time that a rule fired for a patient, and what became of it."""

    day: date
    advice: Recommend
    sought: Sought
    quiet: date | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """
    One patient, replayed under each profile; small, so that it can be sent to a process.

    profiles: each a choice of knowledge profiles, laid one over the other.
    zone: an IANA time zone, whose calendar days count. key: under which ids are
    hashed; without one they stay as they are.
    """

    span: Span
    profiles: tuple[tuple[str, ...], ...] = (("default",),)
    zone: str = "UTC"
    key: str | None = field(default=None, repr=False)

    @property
    def columns(self) -> Mapping[str, str]:
        """Column → DuckDB type, in order."""
        return COLUMNS

    @property
    def settings(self) -> Mapping[str, str]:
        """What the rows depend on besides the input."""
        return {
            "replay": self.span.words,
            "time zone": self.zone,
            "profiles": "; ".join(map(label, self.profiles)),
            "knowledge": " ".join(known(names).version for names in self.profiles),
            "ids": told(self.key),
        }

    def concerns(self, record: Record) -> bool:
        """Whether the rules speak of the patient at some time: asked with nothing ended yet."""
        zone = zone_named(self.zone)
        ever = replace(record, resources=timeline(record, zone).ever(self.span.end))
        now = datetime.combine(self.span.end, NOON, zone)
        return any(Assessor(names, self.zone).concerns(ever, now) for names in self.profiles)

    def __call__(self, record: Record) -> Iterator[Row]:
        """The rows of one patient, in the order of profiles and days."""
        zone = zone_named(self.zone)
        line = timeline(record, zone)
        time = followed(record, line, self.span, zone)
        if time is not None:
            days = days_of(record, time, self.span, zone)
            for names in self.profiles:
                known_as = {"patient": named(record.patient, self.key), "profile": label(names)}
                assessor = Assessor(names, self.zone)
                yield from _Patient(record, line, time, assessor, known_as).rows(days)


class _Patient:
    """One patient under one profile, from day to day."""

    def __init__(
        self,
        record: Record,
        line: Timeline,
        time: Followed,
        assessor: Assessor,
        known_as: Mapping[str, str],
    ) -> None:
        self._record, self._line, self._time = record, line, time
        self._assessor, self._known = assessor, known_as
        self._zone = zone_named(assessor.zone)
        terms = _terms(assessor.profile, self._zone)
        self._memories = (Memory(terms, overriding=False), Memory(terms, overriding=True))
        self._firsts: dict[str, First] = {}
        self._base: Base = known(assessor.profile).base

    def rows(self, days: Sequence[date]) -> Iterator[Row]:
        """What happened on each day, then what became of what fired, and then the patient."""
        spoken_of = als = unread = 0
        for day in days:
            try:
                judged = self._judged(day)
            except PrefetchUnavailable:
                unread += 1
                continue
            if judged is not None:
                spoken_of += 1
                als += has_als(judged[1])
                yield from self._day(day, *judged)
        if spoken_of or unread:
            yield from self._became()
            yield self._patient(spoken_of, als, unread)

    def _judged(self, day: date) -> tuple[tuple[Finding, ...], View] | None:
        seen = replace(self._record, resources=self._line.on(day))
        return self._assessor.judged(seen, datetime.combine(day, NOON, self._zone))

    def _day(self, day: date, findings: tuple[Finding, ...], view: View) -> Iterator[Row]:
        groups = grouped(findings, view)
        cards = capped(groups, HOOK)
        unanswered, overridden = (memory.cards(findings, view) for memory in self._memories)
        fired = {f.rule.id: f for f in findings if isinstance(f.outcome, Recommend)}
        self._keep(day, fired, view)
        yield row(
            **self._known,
            kind="view",
            date=day,
            als=has_als(view),
            rules=len(fired),
            groups=len(groups),
            cards=len(cards),
            cards_unanswered=len(unanswered),
            cards_overridden=len(overridden),
        )
        stages = [_told(clusters) for clusters in (cards, unanswered, overridden)]
        for finding in findings:
            if finding.rule.id in fired or lacks_data(finding):
                yield self._rule(day, finding, stages)

    def _rule(self, day: date, finding: Finding, stages: list[frozenset[str]]) -> Row:
        rule, outcome = finding.rule, finding.outcome
        fires = isinstance(outcome, Recommend)
        shown, unanswered, overridden = (rule.id in told for told in stages)
        return row(
            **self._known,
            kind="rule",
            date=day,
            rule=rule.id,
            group=rule.group,
            indicator=outcome.indicator if isinstance(outcome, Recommend) else None,
            fired=fires,
            missing=not fires,
            shown=shown,
            shown_unanswered=unanswered,
            shown_overridden=overridden,
            **{"class": rule.kind},
        )

    def _keep(self, day: date, fired: Mapping[str, Finding], view: View) -> None:
        """The first firing of each rule, and the first day on which it was silent again."""
        for id, first in self._firsts.items():
            if first.quiet is None and id not in fired:
                first.quiet = day
        for id, finding in fired.items():
            outcome = finding.outcome
            if id not in self._firsts and isinstance(outcome, Recommend):
                self._firsts[id] = First(day, outcome, sought(finding.rule, outcome, view))

    def _became(self) -> Iterator[Row]:
        entries = Entries(self._line, self._base)
        for id, first in self._firsts.items():
            uptake = entries.uptake(first.sought, first.day)
            yield row(
                **self._known,
                kind="first",
                date=first.day,
                rule=id,
                indicator=first.advice.indicator,
                sought=bool(first.sought),
                answered_by=uptake.by if uptake else None,
                days_to_answer=uptake.days if uptake else None,
                days_to_silence=(first.quiet - first.day).days if first.quiet else None,
                days_followed=(self._time.last - first.day).days,
            )

    def _patient(self, views: int, als: int, unread: int) -> Row:
        return row(
            **self._known,
            kind="patient",
            date=self._time.first,
            als=als > 0,
            views=views,
            undecided=unread,
            undated=len(self._line.undated),
            days_followed=(self._time.last - self._time.first).days,
        )


def label(names: tuple[str, ...]) -> str:
    """A choice of profiles as rows and reports name it: without the folder of a site's file."""
    return ", ".join(known(names).profiles)


def known(names: tuple[str, ...]) -> Knowledge:
    """The knowledge under a choice of profiles, loaded once a process."""
    return _known(names)


@cache
def _known(names: tuple[str, ...]) -> Knowledge:
    return under(names)


@cache
def _terms(names: tuple[str, ...], zone: tzinfo) -> Terms:
    return terms_of(known(names), zone)


def _told(clusters: list[Cluster]) -> frozenset[str]:
    """The rules that some card tells of."""
    return frozenset(advice.finding.rule.id for cluster in clusters for advice in cluster)
