"""What the example EHR says of itself, as a FHIR CapabilityStatement."""

from datetime import date

from cdshooks import __version__
from cdshooks.ehr.parameters import TYPES, parameters
from cdshooks.fhir.elements import Json

FHIR = "4.0.1"


def capability(base: str, today: date) -> Json:
    """The CapabilityStatement of the server at ``base``, derived from what it can search."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "experimental": True,
        "date": today.isoformat(),
        "kind": "instance",
        "software": {"name": "cdshooks example EHR", "version": __version__},
        "implementation": {
            "description": "Synthetic patients of the cdshooks demo, read-only",
            "url": base,
        },
        "fhirVersion": FHIR,
        "format": ["json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Every search takes _sort (by dates and _id) and _count too. "
                "Parameters that are not listed, and modifiers, are refused.",
                "security": {"cors": True, "description": "Open: nothing here is of a person."},
                "resource": [_type(name) for name in TYPES],
            }
        ],
    }


def _type(name: str) -> Json:
    return {
        "type": name,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "no-version",
        "searchParam": [
            {"name": one.name, "type": str(one.kind)} for one in parameters(name).values()
        ],
    }
