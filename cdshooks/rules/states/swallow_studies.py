"""Instrumental studies of swallowing, however they were filed."""

from typing import Annotated

from cdshooks.rules.authoring import Entries, Filed, Found, Performed, State, derived
from cdshooks.rules.states.merged import merged

STUDY, DAYS = "swallow-study", "swallow_study_days"


@derived
def swallow_studies(
    performed: Annotated[Entries, Performed(STUDY, statuses=("completed",))],
    reports: Annotated[Entries, Filed(STUDY)],
    results: Annotated[Entries, Found(STUDY, components=STUDY, parts=())],
) -> Entries:
    """Studies of any age: as procedures, as reports, and as results in words."""
    return merged("swallow study", performed, reports, results)


@derived
def recent_swallow_studies(
    performed: Annotated[Entries, Performed(STUDY, statuses=("completed",), lookback=DAYS)],
    reports: Annotated[Entries, Filed(STUDY, lookback=DAYS)],
    results: Annotated[Entries, Found(STUDY, components=STUDY, parts=(), lookback=DAYS)],
) -> Entries:
    """The same of the last six months."""
    return merged("swallow study", performed, reports, results)


Studies = Annotated[Entries, State(swallow_studies)]
RecentStudies = Annotated[Entries, State(recent_swallow_studies)]
