"""What the knowledge files may say: one pydantic model a kind of file.

The loader reads every file through these, so a missing unit, source, mark or
code system stops the service at start and never reaches a patient.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from cdshooks.knowledge.parameters import Mark, Operator

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Confidence = Literal["high", "medium", "low", "local"]


class Strict(BaseModel):
    """Unknown keys are mistakes: a typo must not silently switch something off."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SystemFile(Strict):
    """A code system: its URI and what clients also send for it."""

    uri: Text
    aliases: tuple[Text, ...] = ()


class CodingFile(Strict):
    """A member of a value set. ``prefix`` also takes every code below it."""

    system: Text
    code: Text
    display: Text
    confidence: Confidence
    prefix: bool = False


class ValueSetFile(Strict):
    """A value set; ``includes`` takes in the members of others.

    captured: false where sites write it down each in a way of their own, so that its
    absence means nothing until a site says that it records it, or by which codes.
    """

    meaning: Text
    checked: date
    codings: tuple[CodingFile, ...] = ()
    includes: tuple[Text, ...] = ()
    text: str | None = None
    captured: bool = True

    @model_validator(mode="after")
    def _not_empty(self) -> "ValueSetFile":
        if not self.codings and not self.includes:
            raise ValueError("has neither codings nor includes")
        return self


class Lookalike(Strict):
    """A number within the plausible range that cannot be in the unit that it came in.

    With both limits it lies between them: too high for one reading of the test and too
    low for the other.
    """

    unit: Text
    below: Decimal | None = None
    above: Decimal | None = None
    because: Text


class SameDay(Strict):
    """What to do with several values of one day.

    agree_within: the largest spread within one kind that is one measurement, in
    the canonical unit; without it any spread is. agree_across: the same between
    two kinds, such as FVC and SVC.
    """

    pick: Literal["highest", "lowest"]
    agree_within: Decimal | None = None
    agree_across: Decimal | None = None


class OutlierFile(Strict):
    """Which values of a course are mistakes of one entry rather than the patient's.

    jump_percent: more than this away from its neighbour within ``jump_days``, in
    percent of the earlier one. median_percent: more than this away from the median
    of its period of ``period_days``, counted back from the newest value.
    """

    jump_percent: Decimal
    jump_days: int
    median_percent: Decimal
    period_days: int


class Derivation(Strict):
    """A percentage that may be computed from two measures of one report."""

    measured: Text
    predicted: Text


class Share(Strict):
    """A part of a measure, computed from the whole and from its percentage of one sample."""

    whole: Text
    percent: Text


class UpperLimitFile(Strict):
    """Parameters by which an upper limit of normal is judged or assumed.

    Without ``assumed`` a value whose laboratory gives no limit has none.
    """

    assumed: Text | None = None
    at_least: Text
    at_most: Text
    lend_days: Text


class MeasureFile(Strict):
    """A numeric observation that rules read.

    yields: the value set whose readings stand for a day only where no other of it
    does; for a measure with outliers.
    """

    label: Text
    meaning: Text
    quantity: Text
    decimals: int | None
    plausible: tuple[Decimal, Decimal]
    value_sets: tuple[Text, ...]
    labels: dict[str, Text] = Field(default_factory=dict)
    positions: dict[str, Literal["sitting", "supine"]] = Field(default_factory=dict)
    prefetch: Text
    unit_fixed_by_code: bool = False
    magnitude: bool = False
    whole: bool = False
    doubts_reported: bool = True
    same_day: SameDay | None = None
    yields: Text | None = None
    lookalikes: tuple[Lookalike, ...] = ()
    computed: Derivation | None = None
    share: Share | None = None
    outliers: OutlierFile | None = None
    upper_limit: UpperLimitFile | None = None
    source: Text
    mark: Mark

    @property
    def computed_from(self) -> tuple[str, ...]:
        """The measures that it may be computed from."""
        derived = (self.computed.measured, self.computed.predicted) if self.computed else ()
        return (*derived, *((self.share.whole, self.share.percent) if self.share else ()))


class CitationFile(Strict):
    """Where a number was found, and when somebody last looked."""

    guideline: Text
    locator: Text
    checked: date


class ParameterFile(Strict):
    """A parameter of the default profile. choices: what one in words may be."""

    value: Decimal | bool | str | None
    operator: Operator | None = None
    unit: str
    choices: tuple[Text, ...] = ()
    meaning: Text
    mark: Mark
    source: CitationFile


class OverrideFile(Strict):
    """What a profile says of one parameter; the rest stays as it was."""

    value: Decimal | bool | str | None
    operator: Operator | None = None
    meaning: Text | None = None
    mark: Mark
    source: CitationFile


class ProfileFile(Strict):
    """A named set of overrides; ``captures`` lists what a site records coded.

    switched_off: the ids of rules that do not speak here.
    """

    meaning: Text
    parameters: dict[str, OverrideFile] = Field(default_factory=dict)
    captures: tuple[Text, ...] | Literal["all"] = ()
    codes: dict[str, tuple[Text, ...]] = Field(default_factory=dict)
    switched_off: tuple[Text, ...] = ()


class SourceFile(Strict):
    """A guideline, label or paper that cards cite."""

    label: Text
    citation: Text
    url: Text
    status: Text


class OverrideReasonFile(Strict):
    """A reason that a clinician may give; ``system`` defaults to this project's own.

    snooze_days: for how long the advice then stays away. ends_with: what ends that
    sooner, a change of the data shown or of the goals of care.
    """

    display: Text
    snooze_days: int = Field(default=92, ge=0, le=366)
    ends_with: Literal["evidence", "goals"] | None = None
    system: Text = "als-override"
    note: Text | None = None


class DraftFile(Strict):
    """A draft resource that a card may offer: label, description and FHIR template.

    open: the parameter that says how long an open request for the same keeps it from
    being offered; None: no longer than its day. for_each_reason: whether only a request
    for the same reason is the same. unless_offered: other drafts that meet the same
    need; where a response offers one of them, it does not offer this one.
    """

    label: Text
    description: Text
    resource: dict[str, Any]
    open: Text | None = "open_referral_days"
    for_each_reason: bool = False
    unless_offered: tuple[Text, ...] = ()


class CardOrderFile(Strict):
    """The order of cards of one level: rule ids, ``class:X`` or group names, first to last."""

    order: tuple[Text, ...]


class SearchFile(Strict):
    """How one FHIR type is asked for in prefetch; ``rank`` decides what is core.

    core: False for a type that only a site which sends everything is asked for.
    """

    rank: int
    core: bool = True
    key: Text
    sort: Text | None = None
    count: int
    covers: Text


class ObservationGroupFile(Strict):
    """A prefetch search that asks for a family of observations by code.

    panels: value sets of observations that hold others as components. A search
    by the code of a component does not find them.
    """

    rank: int
    key: Text
    count: int
    covers: Text
    panels: tuple[Text, ...] = ()
