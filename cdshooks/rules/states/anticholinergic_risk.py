"""What forbids an anticholinergic in this patient, or makes it risky?"""

from dataclasses import dataclass
from typing import Annotated

from cdshooks.rules.authoring import Entries, Entry, Listed, derived


@dataclass(frozen=True, slots=True)
class Obstacles:
    """Conditions that matter for anticholinergics; failed: searches that did not answer.

    angle: angle-closure glaucoma; pressure: other glaucoma; blocked: retention of
    urine, an obstructing prostate, ileus, toxic megacolon, myasthenia.
    """

    angle: Entry | None = None
    pressure: Entry | None = None
    blocked: Entry | None = None
    failed: tuple[str, ...] = ()

    @property
    def any(self) -> Entry | None:
        """The first of them, if there is any."""
        return self.angle or self.blocked or self.pressure


@derived
def obstacles(
    angle: Annotated[Entries, Listed("angle-closure-glaucoma")],
    glaucoma: Annotated[Entries, Listed("glaucoma")],
    urine: Annotated[Entries, Listed("urinary-obstruction")],
    ileus: Annotated[Entries, Listed("ileus")],
    myasthenia: Annotated[Entries, Listed("myasthenia")],
) -> Obstacles:
    """Glaucoma, retention, ileus and myasthenia, as far as they are on the problem list."""
    blocked = urine.newest or ileus.newest or myasthenia.newest
    other = glaucoma.newest if not angle else None
    return Obstacles(angle.newest, other, blocked, angle.failed)
