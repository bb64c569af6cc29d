"""What do other cards leave to the advice on NIV, and may they draft it?"""

from typing import Annotated

from cdshooks.rules.authoring import State, derived
from cdshooks.rules.inputs import Pneumothorax
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.niv_criteria import niv_criteria
from cdshooks.rules.states.niv_model import NivCriteria
from cdshooks.rules.states.population import Population, population
from cdshooks.rules.states.ventilation import Vent, vent


@derived
def niv_may_be_drafted(
    vent: Annotated[Vent, State(vent)],
    goals: Annotated[Goals, State(goals)],
    pneumothorax: Pneumothorax,
) -> bool:
    """Whether no ventilation is there, on order or declined, and nothing stands against it.

    A recent pneumothorax makes it a specialist's decision, and care for comfort the
    patient's.
    """
    return vent.state == "none" and not pneumothorax and not goals.end_of_life


@derived
def niv_advised(
    vent: Annotated[Vent, State(vent)],
    criteria: Annotated[NivCriteria, State(niv_criteria)],
    population: Annotated[Population, State(population)],
) -> bool:
    """Whether a card of its own advises NIV, and asks for the tests that are missing.

    Not before the diagnosis is confirmed: until then each test is asked for by its own rule.
    """
    return bool(criteria) and vent.state == "none" and population.diagnosis != "provisional"
