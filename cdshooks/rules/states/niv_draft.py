"""May another card draft NIV at home?"""

from typing import Annotated

from cdshooks.rules.authoring import State, derived
from cdshooks.rules.inputs import Pneumothorax
from cdshooks.rules.states.goals import Goals, goals
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
