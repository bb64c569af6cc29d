"""The worklist: which rules fire for whom today, and what could not be assessed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cdshooks import rules
from cdshooks.population import ids
from cdshooks.population.assess import EVERY_RULE, Assessor, Fired
from cdshooks.population.record import Record
from cdshooks.services.profiles import under

COLUMNS: Mapping[str, str] = {
    "patient": "VARCHAR",
    "standing": "VARCHAR",
    "rule": "VARCHAR",
    "title": "VARCHAR",
    "group": "VARCHAR",
    "indicator": "VARCHAR",
    "summary": "VARCHAR",
    "shown": "BOOLEAN",
    "because": "VARCHAR",
}
"""All that a worklist may hold of a patient."""
FIRES, NOT_ASSESSED, QUIET = "fires", "not assessed", "nothing due"
UNDECIDED = "Whether the patient has ALS"
NOT_RECORDED = "the data that it needs are not recorded"
NOT_READ = "data that it needs could not be read"


@dataclass(frozen=True, slots=True)
class Worklist:
    """Gives the rows of one patient.

    now: the instant as of which the rules are asked. values: whether a row may hold
    values of the chart; without them it has neither summary nor reason. key: under
    which ids are hashed; without one they stay as they are.
    """

    assessor: Assessor
    now: datetime
    values: bool = True
    key: str | None = field(default=None, repr=False)

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns of every row."""
        return COLUMNS

    @property
    def settings(self) -> Mapping[str, str]:
        """What the rows depend on; of the key only a print of it."""
        known = under(self.assessor.profile)
        return {
            "as of": self.now.isoformat(),
            "time zone": self.assessor.zone,
            "profile": ", ".join(self.assessor.profile),
            "knowledge": known.version,
            "values": "yes" if self.values else "no",
            "ids": ids.told(self.key),
        }

    def concerns(self, record: Record) -> bool:
        """Whether the rules speak of this patient."""
        return self.assessor.concerns(record, self.now)

    def __call__(self, record: Record) -> Iterator[tuple[object, ...]]:
        """A row a rule that fires or could not be assessed; one row where there is none."""
        found = self.assessor(record, self.now)
        patient = ids.named(record.patient, self.key)
        for fired in found.fired:
            yield (patient, FIRES, *self._fired(fired))
        for rule, because in found.not_assessed:
            said = because if self.values else NOT_RECORDED if rule in found.missing else NOT_READ
            yield (patient, NOT_ASSESSED, *_named(rule), "", "", False, said)
        if found.als and not found.fired and not found.not_assessed:
            yield (patient, QUIET, "", "", "", "", "", False, "")

    def _fired(self, fired: Fired) -> tuple[object, ...]:
        summary = fired.summary if self.values else ""
        return (*_named(fired.rule), fired.indicator, summary, fired.shown, "")


def _named(rule: str) -> tuple[str, str, str]:
    """Id, title and group of a rule."""
    if rule == EVERY_RULE:
        return EVERY_RULE, UNDECIDED, ""
    found = {one.id: one for one in rules.load()}[rule]
    return rule, found.title, found.group
