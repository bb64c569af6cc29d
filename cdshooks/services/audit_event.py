"""The audit as FHIR R4 AuditEvent, for whoever has to account for access to records."""

from cdshooks.feedback.audit import Entry
from cdshooks.fhir.elements import Json

_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_ENTITY = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
_NO_CLIENT = "client not authenticated"


def audit_event(number: int, entry: Entry) -> Json:
    """One call as an AuditEvent. Patient and user are keyed hashes, as in the store."""
    refused = entry.outcome == "refused"
    return {
        "resourceType": "AuditEvent",
        "id": str(number),
        "type": {"system": _TYPE, "code": "rest", "display": "RESTful Operation"},
        "subtype": [{"code": entry.hook, "display": f"CDS Hooks {entry.hook}"}],
        "action": "E",
        "recorded": entry.at.isoformat(),
        "outcome": "4" if refused else "0",
        **({"outcomeDesc": "the data that came could not be judged"} if refused else {}),
        "agent": _agents(entry),
        "source": {"observer": {"display": "cdshooks"}},
        "entity": [
            {
                "what": {"identifier": {"value": entry.patient}},
                "type": {"system": _ENTITY, "code": "1", "display": "Person"},
                "role": {"system": _ROLE, "code": "1", "display": "Patient"},
            },
            {
                "type": {"system": _ENTITY, "code": "2", "display": "System Object"},
                "name": entry.service,
                "detail": [
                    {"type": "knowledge", "valueString": entry.knowledge},
                    {"type": "milliseconds", "valueString": f"{entry.ms:g}"},
                    *({"type": "rule", "valueString": rule} for rule in entry.rules),
                ],
            },
        ],
    }


def _agents(entry: Entry) -> list[Json]:
    client = {"name": entry.caller.client or _NO_CLIENT, "requestor": True}
    if entry.caller.tenant:
        client["altId"] = entry.caller.tenant
    if entry.user is None:
        return [client]
    return [client, {"who": {"identifier": {"value": entry.user}}, "requestor": False}]
