"""Declarations: what a rule reads, said once in its signature.

From one declaration come what is read from the chart, what is asked in
prefetch, what the evidence page says and what counts as missing. A declaration
names concepts and parameters, never codes or numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from cdshooks.rules.authoring.values import Position


@dataclass(frozen=True, slots=True)
class Input:
    """Base of every declaration."""


@dataclass(frozen=True, slots=True)
class Latest(Input):
    """The newest usable reading of a measure: ``Reading | Missing``.

    lookback: name of the parameter that holds its days; None is any age.
    position: only readings in this position; not_position: all but these, and
    a reading without a position counts as sitting and says so.
    """

    measure: str
    lookback: str | None
    position: Position | None = None
    not_position: Position | None = None


@dataclass(frozen=True, slots=True)
class Series(Input):
    """The usable readings of a measure, one a day, oldest first: ``tuple[Reading, ...]``.

    each: every one of a day, where circumstances decide later which of them counts.
    """

    measure: str
    lookback: str | None
    not_position: Position | None = None
    each: bool = False


@dataclass(frozen=True, slots=True)
class Together(Input):
    """The newest session that holds ``needs``: ``Sitting | Missing``.

    Readings belong together when their recorded times are equal. ``name`` says
    in a card what the session is.
    """

    name: str
    measures: tuple[str, ...]
    needs: tuple[str, ...]
    lookback: str | None


@dataclass(frozen=True, slots=True)
class Listed(Input):
    """Conditions of a value set that are active and not refuted: ``Entries``.

    lookback: recorded or confirmed within these days; None is any age.
    history: those that are over count too.
    parts: value sets within this one that an entry's ``reasons`` then tell apart.
    named: those that only the wording of the value set tells count too.
    """

    value_set: str
    lookback: str | None = None
    history: bool = False
    parts: tuple[str, ...] = ()
    named: bool = False


@dataclass(frozen=True, slots=True)
class Reported(Input):
    """Observations of a value set whose answer is yes, newest within lookback: ``Entries``.

    answer: a value set of answers that count instead of yes.
    denied: answers of no, and none of yes.
    bare: one without any answer says yes too: of what is a finding by itself, no question.
    """

    value_set: str
    lookback: str | None = None
    answer: str = "present"
    denied: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Found(Input):
    """Final results of a value set that are told in words, whatever they say: ``Entries``.

    parts: value sets; those that its code, its answer or a component of
    ``components`` belongs to are among an entry's ``reasons``.
    """

    value_set: str
    components: str
    parts: tuple[str, ...]
    lookback: str | None = None


@dataclass(frozen=True, slots=True)
class Filed(Input):
    """Final diagnostic reports of a value set: ``Entries``."""

    value_set: str
    lookback: str | None = None


@dataclass(frozen=True, slots=True)
class Studied(Input):
    """Studies that the patient takes part in: ``Entries``.

    A study counts unless it can be read that it is about something else than the
    value set.
    """

    value_set: str


@dataclass(frozen=True, slots=True)
class Ordered(Input):
    """Requests of a value set in one of ``statuses``, drafts of this call included: ``Entries``.

    drafts: whether the hook's own draft orders count.
    parts: value sets that make up this one; an entry's ``reasons`` name its own.
    named: those in the chart that only the wording of the value set tells count too.
    """

    value_set: str
    types: tuple[str, ...] = ("ServiceRequest",)
    statuses: tuple[str, ...] = ("active",)
    drafts: bool = True
    lookback: str | None = None
    parts: tuple[str, ...] = ()
    named: bool = False


@dataclass(frozen=True, slots=True)
class Performed(Input):
    """Procedures of a value set in one of ``statuses``: ``Entries``.

    named: those that only the wording of the value set tells count too.
    """

    value_set: str
    statuses: tuple[str, ...]
    lookback: str | None = None
    named: bool = False


@dataclass(frozen=True, slots=True)
class Visited(Input):
    """Encounters of a value set that took place or are in progress: ``Entries``."""

    value_set: str
    lookback: str | None = None


@dataclass(frozen=True, slots=True)
class InUse(Input):
    """Devices of a value set and statements of their use, in one of ``statuses``: ``Entries``.

    parts: value sets that make up this one; an entry's ``reasons`` name its own.
    named: those that only the wording of the value set tells count too.
    """

    value_set: str
    statuses: tuple[str, ...] = ("active",)
    parts: tuple[str, ...] = ()
    named: bool = False


@dataclass(frozen=True, slots=True)
class Refused(Input):
    """Standing refusals, by consent or by a request or procedure not done: ``Entries``.

    parts: value sets that make up this one; an entry's ``reasons`` name its own.
    """

    value_set: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Agreed(Input):
    """Consents in force that permit something of a value set: ``Entries``."""

    value_set: str
    lookback: str | None = None


@dataclass(frozen=True, slots=True)
class Involved(Input):
    """Who of a discipline cares for the patient: ``Entries``.

    Members of active care teams in a role of the value set; visits of it and
    referrals to it within lookback.
    """

    value_set: str
    lookback: str | None = None


@dataclass(frozen=True, slots=True)
class InFamily(Input):
    """Relatives who had a condition of the value set: ``Entries``."""

    value_set: str


@dataclass(frozen=True, slots=True)
class Enrolled(Input):
    """Open enrolments (episode, care plan, request, encounter, procedure): ``Entries``.

    planned: an activity of a care plan counts before it has begun, too.
    """

    value_set: str
    planned: bool = False


@dataclass(frozen=True, slots=True)
class Tasked(Input):
    """Tasks of a value set in one of ``statuses``: ``Entries``.

    A task that is over is known on the day on which it was last changed.
    """

    value_set: str
    statuses: tuple[str, ...]
    lookback: str | None = None


@dataclass(frozen=True, slots=True)
class Documented(Input):
    """Documents of a value set that are current: ``Entries``."""

    value_set: str
    lookback: str | None = None


@dataclass(frozen=True, slots=True)
class Communicated(Input):
    """Communications of a value set that took place or are on their way: ``Entries``."""

    value_set: str
    lookback: str | None = None


@dataclass(frozen=True, slots=True)
class Related(Input):
    """People around the patient: ``Entries``, each labelled by the relationship.

    value_set: only those in this relationship; None for everybody.
    """

    value_set: str | None = None


@dataclass(frozen=True, slots=True)
class Patient(Input):
    """The patient: ``Person``. ``Person.age`` is None without a usable birth date."""


@dataclass(frozen=True, slots=True)
class This(Input):
    """The call: ``Call``."""


@dataclass(frozen=True, slots=True)
class Booked(Input):
    """Appointments of a value set that are booked from today on: ``Entries``.

    within: name of the parameter that holds how many days ahead count.
    """

    value_set: str
    within: str


@dataclass(frozen=True, slots=True)
class Captured(Input):
    """Whether a site records a measure or value set in coded form: ``bool``.

    An absence means something only where the thing would have been recorded.
    Without a word from the site, what has a standard code is captured.
    """

    concept: str


@dataclass(frozen=True, slots=True)
class Doubts(Input):
    """Values that could not be used although a rule of this call wanted them.

    ``tuple[Doubt, ...]``. A rule with this input runs after all others.
    """


@dataclass(frozen=True, slots=True)
class Unread(Input):
    """What could not be read although a rule of this call needed it: ``NotRead``.

    A rule with this input runs after all others.
    """


@dataclass(frozen=True, slots=True)
class State(Input):
    """A derived state: what the function returns, computed once a call.

    as_of: a derived function that gives a ``date | None``; the state is then
    the one of that day, from what was recorded by then (None: there is none).
    """

    function: Callable[..., Any]
    as_of: Callable[..., Any] | None = None


class Limits:
    """Base of a parameter group: a frozen dataclass whose fields are parameter names.

    A rule that takes one is given the values of the profile in force. Field
    types are ``Threshold``, ``int``, ``Decimal``, ``bool`` or ``str | None``.
    """

    group: ClassVar[str]
