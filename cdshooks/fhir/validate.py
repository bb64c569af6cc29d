"""Where a resource is not valid R4: for those who write drafts, not for each call."""

from typing import Any

from pydantic import ValidationError

from cdshooks.fhir.repair import model_of

Json = dict[str, Any]


def faults(resource: Json) -> tuple[str, ...]:
    """Each element that is not valid R4 with what is wrong; empty for a valid resource."""
    type = resource.get("resourceType")
    model = model_of(type) if isinstance(type, str) else None
    if model is None:
        return ("resourceType: expected a resource type of FHIR R4",)
    try:
        model.model_validate(resource)
    except ValidationError as error:
        return tuple(f"{'.'.join(map(str, e['loc'])) or type}: {e['msg']}" for e in error.errors())
    return ()
