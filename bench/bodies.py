"""The calls that are measured, as bytes: what an EHR posts that honours the core prefetch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from bench.patients import NOW, chart, drafts
from cdshooks.app import site_of
from cdshooks.chart import as_prefetch
from cdshooks.services.answer import Site, searches
from cdshooks.settings import Settings

Json = dict[str, Any]
VARIANTS = 12
"""Patients of one kind, who take turns."""


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of call: its name in the tables, its hook and service, and how large the chart is."""

    name: str
    hook: str
    service: str
    observations: int
    als: bool = True
    medications: int = 8

    @property
    def path(self) -> str:
        """Where it is posted."""
        return f"/cds-services/{self.service}"


def viewing(observations: int, *, als: bool = True) -> Case:
    """A chart that is opened."""
    told = f"patient-view, {observations:,} observations"
    name = told if als else f"{told}, not ALS"
    return Case(name, "patient-view", "als-chart-review", observations, als)


VIEW_50, VIEW_500, VIEW_5000 = (viewing(count) for count in (50, 500, 5000))
NOT_ALS = viewing(500, als=False)
SIGNING = Case(
    "order-sign, 5 drafts, 40 active medications", "order-sign", "als-order-sign", 50, True, 40
)
CASES = (VIEW_50, VIEW_500, VIEW_5000, NOT_ALS, SIGNING)


def settings(database: str = "sqlite://") -> Settings:
    """Those of production, but open, and standing still on the day of the charts."""
    return Settings(auth="off", today=NOW, database_url=database, log_level="ERROR")


def bodies(case: Case, count: int = VARIANTS) -> list[bytes]:
    """The same call for several patients."""
    site = site_of(settings())
    return [orjson.dumps(request(case, number, site)) for number in range(count)]


def request(case: Case, number: int, site: Site, now: datetime = NOW) -> Json:
    """The call for patient ``number``."""
    resources = chart(
        number, case.observations, als=case.als, medications=case.medications, now=now
    )
    patient = resources[0]["id"]
    context: Json = {"userId": "Practitioner/7", "patientId": patient}
    if case.hook == "order-sign":
        entries = [{"resource": one} for one in drafts(number)]
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return {
        "hook": case.hook,
        "hookInstance": f"d1577c69-dfbe-44ad-ba6d-{number:012}",
        "context": context,
        "prefetch": as_prefetch(searches(case.hook, site), resources),
    }
