"""The CDS Hooks wire format: a hook request, parsed once into typed objects."""

from cdshooks.protocol.feedback import parse_feedback
from cdshooks.protocol.request import (
    Context,
    FhirAuthorization,
    HookRequest,
    parse_request,
)

__all__ = ["Context", "FhirAuthorization", "HookRequest", "parse_feedback", "parse_request"]
