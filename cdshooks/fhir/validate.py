"""Where a resource is not valid R4: for those who write drafts, not for each call."""

from functools import cache
from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import BaseModel, ValidationError

Json = dict[str, Any]


def faults(resource: Json) -> tuple[str, ...]:
    """Each element that is not valid R4 with what is wrong; empty for a valid resource."""
    type = resource.get("resourceType")
    model = _model(type) if isinstance(type, str) else None
    if model is None:
        return ("resourceType: expected a resource type of FHIR R4",)
    try:
        model.model_validate(resource)
    except ValidationError as error:
        return tuple(f"{'.'.join(map(str, e['loc'])) or type}: {e['msg']}" for e in error.errors())
    return ()


@cache
def _model(name: str) -> type[BaseModel] | None:
    try:
        found: type[BaseModel] = get_fhir_model_class(name)
    except (ValueError, LookupError, ImportError):
        return None
    return found
