"""The example EHR: the example patients as a small read-only FHIR server.

For demonstrations only. It knows nothing of HTTP; ``http/example_ehr.py`` serves it.
"""

from cdshooks.ehr.capability import capability
from cdshooks.ehr.parameters import TYPES, Kind, Parameter, parameters
from cdshooks.ehr.query import Query, SearchRefused, read_query
from cdshooks.ehr.records import Found, Records, records

__all__ = [
    "TYPES",
    "Found",
    "Kind",
    "Parameter",
    "Query",
    "Records",
    "SearchRefused",
    "capability",
    "parameters",
    "read_query",
    "records",
]
