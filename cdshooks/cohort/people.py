"""Who the patient is, and whether the death is known."""

from datetime import date

from cdshooks.cohort.chance import Chance
from cdshooks.cohort.chart import Chart
from cdshooks.cohort.courses import Body
from cdshooks.cohort.elements import at, instant


def person(chart: Chart, body: Body, since: date, died: date | None, chance: Chance) -> None:
    """The Patient. died: the day of death if it is recorded by the end of the cohort."""
    given = chance.one_of(("Ada", "Bo", "Cleo", "Dov", "Eli", "Fay", "Gus", "Hope"))
    more = {"deceasedDateTime": _death(died, chance)} if died else {}
    chart.add(
        "Patient",
        at(since, 8),
        at(died, 12) if died else None,
        identifier=[{"system": "https://ehr.example.org/mrn", "value": f"SYN-{chart.id}"}],
        active=True,
        name=[{"family": "Synthetic", "given": [given]}],
        gender="male" if body.man else "female",
        birthDate=body.born.isoformat(),
        **more,
    )


def _death(died: date, chance: Chance) -> str:
    return instant(at(died, 5)) if chance.yes("death_with_time") else died.isoformat()
