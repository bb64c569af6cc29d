"""The page that tells what each service asks for, and what it makes of the answer."""

import re
from collections.abc import Iterator

from cdshooks.services import services
from cdshooks.services.answer import Site
from cdshooks.services.contracts import Contract, contracts

FETCHED = "Fetched only, unless `CDSHOOKS_PREFETCH` is `full`:"
_CODES = re.compile(r"&code=([^&]*)")
ANSWERS = (
    ("a resource, or a Bundle without a further page", "read to its end", "yes"),
    ("`null`, or an empty Bundle", "read to its end: nothing there", "yes; for `patient` never"),
    (
        "a Bundle with a `next` link, or with a `total` above its entries",
        "a part",
        "only back to the day of its last entry, and only if it is really sorted",
    ),
    (
        "an OperationOutcome with an error, alone or inside a Bundle; another type; "
        "an entry without resource",
        "failed",
        "no",
    ),
    ("nothing: the key is not there", "silent", "no"),
    ("a key that is configured as never sent", "not asked for", "no, and no card names it"),
)
PREFACE = """\
What each service asks for, and what it makes of the answer. A key is answered in one of these
ways; `cdshooks/chart/sources.py` is the one place that decides which. Only what was read to its
end proves that something is absent.
"""
LEGEND = """\
What is a part, failed or silent, and read by a rule that applies, is read from the FHIR server
where that is allowed: see [FHIR access](fhir-access.md).

In the tables, *cannot do without it* names the gates and rules of which some input has no other
search; *also read by* those for which it is one of several. *The card* is `data-unavailable`.
"""


def prefetch_page(site: Site, notice: str) -> str:
    """The whole page."""
    lines = ["# Prefetch\n", notice, PREFACE]
    lines += ["| the answer is | it counts as | it proves absence |", "| --- | --- | --- |"]
    lines += [f"| {' | '.join(row)} |" for row in ANSWERS]
    lines += ["", LEGEND]
    for service in services():
        lines += [f"## {service.id} (`{service.hook}`)\n", *_table(contracts(service.hook, site))]
    return "\n".join(lines).rstrip() + "\n"


def _table(found: tuple[Contract, ...]) -> Iterator[str]:
    for title, core in (("Asked for in prefetch:", True), (FETCHED, False)):
        rows = [contract for contract in found if contract.core is core]
        if rows:
            yield f"{title}\n"
            yield "| key | covers | query | cannot do without it | also read by | if absent |"
            yield "| --- | --- | --- | --- | --- | --- |"
            yield from map(_row, rows)
            yield ""


def _row(contract: Contract) -> str:
    search = contract.search
    query = _CODES.sub(lambda m: f"&code=({m[1].count(',') + 1} codes)", search.query)
    alone, also = _listed(contract.alone), _listed(contract.also)
    cells = (f"`{search.key}`", search.covers, f"`{query}`", alone, also, contract.absence)
    return f"| {' | '.join(cells)} |"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "–"
