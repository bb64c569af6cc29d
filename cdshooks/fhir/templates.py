"""A prefetch template with its tokens filled, as the query that it stands for."""

import re
from urllib.parse import quote

from cdshooks.protocol import Context

_TOKEN = re.compile(r"\{\{([^{}]*)\}\}")


def filled(template: str, context: Context) -> str | None:
    """The query relative to a server's base; None when a token has no usable value.

    Values are percent-encoded whole, so that no id can add a parameter or a step
    in the path. One of dots only would still be such a step.
    """
    values = {"context.patientId": context.patient_id, "context.encounterId": context.encounter_id}
    tokens = {name: values.get(name) for name in _TOKEN.findall(template)}
    if any(value is None or not value.strip(".") for value in tokens.values()):
        return None
    return _TOKEN.sub(lambda match: quote(tokens[match[1]] or "", safe=""), template)
