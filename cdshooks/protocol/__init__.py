"""The CDS Hooks wire format: a hook request, parsed once into typed objects."""

from cdshooks.protocol.bounds import check_bounds, check_shape
from cdshooks.protocol.feedback import parse_feedback
from cdshooks.protocol.request import (
    NEED_ENCOUNTER,
    Context,
    FhirAuthorization,
    HookRequest,
    parse_request,
)

__all__ = [
    "NEED_ENCOUNTER",
    "Context",
    "FhirAuthorization",
    "HookRequest",
    "check_bounds",
    "check_shape",
    "parse_feedback",
    "parse_request",
]
