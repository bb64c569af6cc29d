"""Whose drug labels and whose care pathways does this site follow?"""

from dataclasses import dataclass
from typing import ClassVar

from cdshooks.rules.authoring import Limits


@dataclass(frozen=True, slots=True)
class Region(Limits):
    """The family of drug labels: US, or those of the EU, the UK and Switzerland."""

    group: ClassVar[str] = "region"
    region: str

    @property
    def us(self) -> bool:
        """Whether the US label is followed; the others follow the wording of the EU."""
        return self.region == "US"

    def __str__(self) -> str:
        return f"Judged by the drug label of the region {self.region}."


@dataclass(frozen=True, slots=True)
class Jurisdiction(Limits):
    """The country of care pathways: US, UK, EU, CA, or None where none was named."""

    group: ClassVar[str] = "region"
    jurisdiction: str | None
