"""Gates: what silences rules whatever their logic says, in one place."""

from typing import Annotated

from cdshooks.rules.authoring import (
    Call,
    CannotAssess,
    Entries,
    Medication,
    NotIndicated,
    Scope,
    State,
    This,
    derived,
    gate,
)
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.population import Population, population

UNCONFIRMED = ("M", "X", "Q")
"""Classes that may speak about a diagnosis that nobody has confirmed."""
COMFORT = ("S", "P", "X", "Q")
"""Classes that go on when care is for comfort."""
ALS_ALONE = ("edaravone", "tofersen")
"""Drugs that stand for the diagnosis where safety rules on orders of other drugs ask for it."""
LAST_DAYS = ("X",)
"""Classes that go on in the last days of life, beside care of the dying and of the bereaved."""


@derived
def als_drugs(
    riluzole: Annotated[Entries, Medication("riluzole")],
    edaravone: Annotated[Entries, Medication("edaravone")],
    tofersen: Annotated[Entries, Medication("tofersen")],
) -> frozenset[str]:
    """The drugs for ALS that the patient takes."""
    taken = {"riluzole": riluzole, "edaravone": edaravone, "tofersen": tofersen}
    return frozenset(drug for drug, entries in taken.items() if entries)


@derived
def als_alone(
    taken: Annotated[frozenset[str], State(als_drugs)], call: Annotated[Call, This()]
) -> bool:
    """Whether orders are assessed, and a drug is taken or ordered that is for nothing but ALS."""
    return bool(call.orders) and any(drug in taken or drug in call.drugs for drug in ALS_ALONE)


@gate
def population_gate(
    scope: Scope,
    population: Annotated[Population, State(population)],
    vouched: Annotated[bool, State(als_alone)] = False,
) -> NotIndicated | CannotAssess | None:
    """Only living adults with ALS; rules on an ALS drug itself need no diagnosis.

    Where edaravone or tofersen is taken or ordered, neither do the safety rules on orders
    of other drugs: both are given for ALS alone. Riluzole is given for other diseases too.

    After a death only those are spoken of who are left behind.
    """
    if not population.living and not (scope.after_death and population.died):
        return NotIndicated("the patient has died or the record is not active")
    if not scope.needs_als:
        return None
    if not (vouched and scope.kind == "X" and scope.drug is not None):
        if population.diagnosis == "unreadable":
            return CannotAssess("whether the patient has ALS could not be read", population.failed)
        related = scope.any_motor_neuron_disease and population.related
        if population.diagnosis == "none" and not related:
            return NotIndicated("no diagnosis of ALS")
    if not population.adult:
        return NotIndicated("not an adult")
    if population.diagnosis == "provisional" and scope.kind not in UNCONFIRMED:
        return NotIndicated("the diagnosis of ALS is not confirmed")
    return None


@gate
def drug_gate(
    scope: Scope,
    population: Annotated[Population, State(population)],
    taken: Annotated[frozenset[str], State(als_drugs)],
    call: Annotated[Call, This()],
) -> NotIndicated | CannotAssess | None:
    """Without the diagnosis, a rule on an ALS drug speaks only to those who take or are given it.

    The other drugs of an interaction are given to many who have nothing to do with ALS.

    A patient who has neither is none of this service's, so nothing about them is
    checked, and nothing that could not be read is reported.
    """
    about = scope.drug
    drafted = about in call.drugs if scope.interaction else bool(call.orders)
    if scope.needs_als or about is None or drafted or about in taken:
        return None
    if population.diagnosis == "unreadable":
        return CannotAssess("whether the patient has ALS could not be read", population.failed)
    if population.diagnosis == "none":
        return NotIndicated("no diagnosis of ALS and no drug for it")
    return None


@gate
def goals_gate(scope: Scope, goals: Annotated[Goals, State(goals)]) -> NotIndicated | None:
    """Treatment and monitoring give way to comfort; palliative care silences nothing."""
    allowed = {"comfort": COMFORT, "last days": LAST_DAYS}.get(goals.level)
    if allowed is None or scope.kind in allowed or scope.end_of_life or scope.after_death:
        return None
    return NotIndicated(f"care is for comfort: {goals.evidence}")
