"""The CDS Hooks wire format: a hook request, parsed once into typed objects."""

from cdshooks.protocol.request import (
    NEED_ENCOUNTER,
    Context,
    FhirAuthorization,
    HookRequest,
    parse_request,
)

__all__ = ["NEED_ENCOUNTER", "Context", "FhirAuthorization", "HookRequest", "parse_request"]
