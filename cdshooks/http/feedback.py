"""``POST /cds-services/{id}/feedback``: what clinicians did with cards."""

from flask import Blueprint, Response, request

from cdshooks.errors import ServiceUnknown
from cdshooks.http.body import read_json
from cdshooks.http.exchange import exchange
from cdshooks.http.memory import Memory
from cdshooks.protocol import parse_feedback
from cdshooks.services import services


def blueprint(max_bytes: int, memory: Memory) -> Blueprint:
    """The feedback endpoints; an answer of 200 says that everything is written down."""
    pages = Blueprint("feedback", __name__)

    @pages.post("/cds-services/<service_id>/feedback")
    def feedback(service_id: str) -> Response:
        if all(service_id != service.id for service in services()):
            raise ServiceUnknown
        exchange().service = service_id
        reports = parse_feedback(read_json(request, max_bytes))
        memory.write_reports(service_id, reports)
        exchange().reports = reports
        return Response(status=200)

    return pages
