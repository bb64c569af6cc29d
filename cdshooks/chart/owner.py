"""Whose is a resource?"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from cdshooks.fhir.elements import URN, Json, obj, string, values

ABOUT = ("subject", "patient", "individual", "for", "beneficiary")
"""Elements that say whose a resource is. Each of them must be this patient."""


@dataclass(slots=True)
class Owner:
    """The patient of a call; remembers which references are to them."""

    patient_id: str
    _known: dict[str, bool] = field(default_factory=dict)

    def owns(self, resource: Json) -> bool:
        """Whether a resource is this patient's; one that names nobody is taken as theirs."""
        if resource.get("resourceType") == "Patient":
            return string(resource.get("id")) in (None, self.patient_id)
        for name in ABOUT:
            if name in resource:
                for reference in _references(resource[name]):
                    if not self._is_theirs(reference):
                        return False
        return True

    def _is_theirs(self, reference: str) -> bool:
        known = self._known.get(reference)
        if known is None:
            known = self._known[reference] = is_patient(reference, self.patient_id)
        return known


def is_patient(reference: str, patient_id: str) -> bool:
    """Whether a reference, relative, absolute or versioned, is to this patient.

    Charts that were exported whole say ``urn:uuid:`` and the id. A reference to
    something contained, or to another Bundle entry, names nobody that can be compared,
    and is taken as another's.
    """
    bare = reference.partition("/_history/")[0].rstrip("/")
    name = f"Patient/{patient_id}"
    return bare in (name, f"{URN}{patient_id}") or bare.endswith(f"/{name}")


def _references(value: object) -> Iterator[str]:
    """Every reference in an element, also when it is a list or a bare string."""
    for item in (value,) if isinstance(value, dict) else values(value):
        reference = string(item if isinstance(item, str) else obj(item).get("reference"))
        if reference is not None:
            yield reference
