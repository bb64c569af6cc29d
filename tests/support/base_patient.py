"""A typical woman with ALS at a routine visit, complete, about whom every rule is quiet.

Tests change her one finding at a time. ``Chart`` keeps her facts by name, so that a
change replaces a finding with everything that an older one said about it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from cdshooks.knowledge import base
from tests.support.resources import PATIENT, new_id, record

Json = dict[str, Any]
TODAY = date(2026, 3, 15)
VISIT, BEFORE = "2026-02-20", "2025-11-21"
NIGHT = "2026-02-21"
LOINC, SNOMED, LOCAL = "loinc", "snomed", "als-cds"
SITTING = "33586001"
SUPINE = "40199007"

ITEMS = [f"829{n}" for n in ("40-8", "41-6", "42-4", "43-2", "44-0", "46-5", "47-3", "48-1")]
ITEMS += ["82949-9", "82950-7", "82951-5", "82952-3"]
"""LOINC codes of the twelve items of the ALSFRS-R, for a patient without a gastrostomy."""
ITEM_SCORES = (4, 4, 4, 3, 3, 3, 3, 3, 2, 4, 4, 4)

FVC, SNIP, MIP = (LOINC, "19872-1"), (LOCAL, "snip"), (LOINC, "81444-2")
CODES: dict[str, tuple[str, str]] = {
    "MIP %": (LOCAL, "mip-pct"),
    "MEP": (LOINC, "81446-7"),
    "PCF": (LOCAL, "peak-cough-flow"),
    "SpO2": (LOINC, "59408-5"),
    "bicarbonate": (LOINC, "1963-8"),
    "weight": (LOINC, "29463-7"),
    "height": (LOINC, "8302-2"),
    "ALT": (LOINC, "1742-6"),
    "AST": (LOINC, "1920-8"),
    "EAT-10": (LOCAL, "eat10"),
    "PHQ-9": (LOINC, "44261-6"),
    "PHQ-9 item 9": (LOINC, "44260-8"),
    "CNS-LS": (LOCAL, "cns-ls"),
    "FSS": (LOCAL, "fss"),
    "pain": (LOINC, "72514-3"),
    "ZBI-12": (LOCAL, "zbi-12"),
    "ECAS": (LOCAL, "ecas-total"),
}
MEASURED: list[tuple[str, float, str, str]] = [
    ("MIP %", 90, "%", VISIT),
    ("MEP", 95, "cm[H2O]", VISIT),
    ("PCF", 420, "L/min", VISIT),
    ("SpO2", 97, "%", VISIT),
    ("bicarbonate", 25, "mmol/L", VISIT),
    ("weight", 68.0, "kg", "2025-07-01"),
    ("weight", 67.6, "kg", "2025-10-10"),
    ("weight", 67.3, "kg", VISIT),
    ("height", 165, "cm", VISIT),
    ("ALT", 24, "U/L", VISIT),
    ("AST", 22, "U/L", VISIT),
    ("EAT-10", 1, "{score}", VISIT),
    ("PHQ-9", 3, "{score}", VISIT),
    ("PHQ-9 item 9", 0, "{score}", VISIT),
    ("CNS-LS", 8, "{score}", VISIT),
    ("FSS", 22, "{score}", VISIT),
    ("pain", 1, "{score}", VISIT),
    ("ZBI-12", 8, "{score}", VISIT),
    ("ECAS", 118, "{score}", "2025-10-10"),
]
VISITS = [
    ((LOCAL, "als-mdt"), VISIT),
    ((SNOMED, "91251008"), "2025-12-10"),
    ((LOCAL, "slt-visit"), "2025-11-20"),
    ((LOCAL, "dietitian-visit"), "2025-11-20"),
    ((SNOMED, "103735009"), "2025-08-20"),
]
PROCEDURES = [
    ((SNOMED, "713603004"), "2025-12-01"),
    ((LOCAL, "goals-of-care-discussion"), "2025-12-01"),
    ((LOCAL, "voice-banking"), "2025-08-12"),
    ((SNOMED, "79841006"), "2025-08-01"),
]
ROLES = ["56397003", "41672002", "159033005", "159026005", "36682004", "80546007", "309359006"]
GENES = {"C9orf72": "28337", "SOD1": "11179", "FUS": "4010", "TARDBP": "11571"}


@dataclass
class Chart:
    """Her facts by name; resources of one name are replaced together."""

    facts: dict[str, list[Json]] = field(default_factory=dict)

    def add(self, name: str, *resources: Json) -> "Chart":
        """Further facts beside those of this name."""
        self.facts.setdefault(name, []).extend(resources)
        return self

    def put(self, name: str, *resources: Json) -> "Chart":
        """These facts instead of all older ones of this name."""
        self.facts[name] = list(resources)
        return self

    def remove(self, *names: str) -> "Chart":
        """Without the facts of these names; a name that is not there is a mistake."""
        for name in names:
            del self.facts[name]
        return self

    def say(self, *phrases: str) -> "Chart":
        """Coded facts from phrases, as vignettes write them."""
        for phrase in phrases:
            self.add(phrase, *record(phrase, TODAY))
        return self

    def resources(self) -> list[Json]:
        """Everything, as a server would hold it."""
        return [resource for facts in self.facts.values() for resource in facts]


def coded(system: str, code: str) -> Json:
    """A CodeableConcept of one code."""
    return {"coding": [{"system": base().systems.uri(system), "code": code}]}


def resource(type: str, /, **elements: Any) -> Json:
    """A resource about her."""
    return {"resourceType": type, "id": new_id(type.lower()), **elements}


def measured(
    code: tuple[str, str], value: float, unit: str, day: str, *, position: str | None = None
) -> Json:
    """A final Observation a few minutes after midnight, with the position if it is recorded."""
    found = resource(
        "Observation",
        status="final",
        subject={"reference": PATIENT},
        code=coded(*code),
        effectiveDateTime=f"{day}T00:05:00Z",
        valueQuantity={
            "value": value,
            "unit": unit,
            "code": unit,
            "system": "http://unitsofmeasure.org",
        },
    )
    if position:
        place = {"valueCodeableConcept": coded(SNOMED, position)}
        found["component"] = [{"code": coded(LOINC, "8361-8"), **place}]
    return found


def alsfrs(day: str, scores: tuple[int, ...]) -> list[Json]:
    """Twelve items, their total, and the panel that holds them."""
    items = [
        measured((LOINC, code), score, "{score}", day)
        for code, score in zip(ITEMS, scores, strict=True)
    ]
    members = [*items, measured((LOINC, "82953-1"), sum(scores), "{score}", day)]
    panel = measured((LOINC, "82954-9"), 0, "{score}", day)
    del panel["valueQuantity"]
    panel["hasMember"] = [{"reference": f"Observation/{item['id']}"} for item in members]
    return [*members, panel]


def night(
    day: str, *, t90: float, minutes: float, recording: float, flow: float | None = None
) -> list[Json]:
    """An overnight oximetry: share below 90 %, minutes at or below 88 %, recording time."""
    found = [
        measured((LOCAL, "spo2-t90"), t90, "%", day),
        measured((LOCAL, "spo2-t88-min"), minutes, "min", day),
        measured((LOCAL, "spo2-rec-min"), recording, "min", day),
    ]
    code, amount = (("3151-8", flow), ("3150-6", 21))[flow is None]
    unit = "%" if flow is None else "L/min"
    for one in found:
        quantity = {"value": amount, "unit": unit}
        one["component"] = [{"code": coded(LOINC, code), "valueQuantity": quantity}]
    return found


def base_patient() -> Chart:
    """Her whole chart, newly made."""
    chart = Chart()
    chart.add("patient", {"resourceType": "Patient", "id": "anna", **_identity()})
    chart.add("als", _als())
    chart.add("FVC", measured(FVC, 92, "%", VISIT, position=SITTING))
    chart.add("FVC", measured(FVC, 93, "%", BEFORE, position=SITTING))
    chart.add("FVC supine", measured(FVC, 88, "%", VISIT, position=SUPINE))
    chart.add("SNIP", *(measured(SNIP, v, "cm[H2O]", d) for v, d in ((78, VISIT), (80, BEFORE))))
    chart.add("MIP", *(measured(MIP, v, "cm[H2O]", d) for v, d in ((82, VISIT), (84, BEFORE))))
    chart.add("oximetry", *night(NIGHT, t90=0.5, minutes=0, recording=430))
    for name, value, unit, day in MEASURED:
        chart.add(name, measured(CODES[name], value, unit, day))
    for test in ("ALT", "AST"):
        chart.facts[test][0]["referenceRange"] = [{"high": {"value": 40, "unit": "U/L"}}]
    chart.add("ALSFRS-R", *alsfrs(VISIT, ITEM_SCORES))
    chart.add("earlier ALSFRS-R", measured((LOINC, "82953-1"), 42, "{score}", BEFORE))
    chart.add("riluzole", _riluzole())
    for name, facts in (("care", _care()), ("planning", _planning()), ("genes", _genes())):
        chart.add(name, *facts)
    return chart


def _identity() -> Json:
    return {"gender": "female", "birthDate": "1963-05-02", "active": True}


def _als() -> Json:
    code = {"coding": [*coded("icd-10-cm", "G12.21")["coding"]]}
    code["coding"] += coded(SNOMED, "86044005")["coding"]
    return resource(
        "Condition",
        subject={"reference": PATIENT},
        clinicalStatus={"coding": [{"code": "active"}]},
        verificationStatus={"coding": [{"code": "confirmed"}]},
        code=code,
        onsetDateTime="2025-01-10",
        recordedDate="2025-07-01",
        bodySite=[coded(SNOMED, "66019005")],
    )


def _riluzole() -> Json:
    dose = {"value": 10, "unit": "mL", "code": "mL", "system": "http://unitsofmeasure.org"}
    return resource(
        "MedicationRequest",
        status="active",
        intent="order",
        subject={"reference": PATIENT},
        medicationCodeableConcept=coded("rxnorm", "2058147"),
        authoredOn="2025-07-15",
        dosageInstruction=[
            {
                "timing": {"repeat": {"frequency": 1, "period": 12, "periodUnit": "h"}},
                "doseAndRate": [{"doseQuantity": dose}],
            }
        ],
    )


def _care() -> Iterator[Json]:
    for code, day in VISITS:
        yield resource(
            "Encounter",
            status="finished",
            subject={"reference": PATIENT},
            **{"class": {"code": "AMB"}},
            type=[coded(*code)],
            period={"start": day, "end": day},
        )
    yield resource(
        "CareTeam",
        status="active",
        subject={"reference": PATIENT},
        participant=[{"role": [coded(SNOMED, role)]} for role in ROLES],
    )
    yield resource(
        "Appointment",
        status="booked",
        start="2026-05-18T09:00:00Z",
        serviceType=[coded(LOCAL, "als-mdt")],
        participant=[{"actor": {"reference": PATIENT}, "status": "accepted"}],
    )
    for role in ("HUSB", "HPOWATT"):
        relation = {"coding": [{"code": role}]}
        yield resource("RelatedPerson", patient={"reference": PATIENT}, relationship=[relation])


def _planning() -> Iterator[Json]:
    for code, day in PROCEDURES:
        yield resource(
            "Procedure",
            status="completed",
            subject={"reference": PATIENT},
            code=coded(*code),
            performedDateTime=day,
        )
    yield resource(
        "DocumentReference",
        status="current",
        subject={"reference": PATIENT},
        type=coded(LOINC, "81334-5"),
        date="2025-12-01T00:05:00Z",
    )
    preference = measured((LOCAL, "tiv-preference"), 0, "", "2025-12-01")
    del preference["valueQuantity"]
    yield preference | {"valueCodeableConcept": coded(LOCAL, "pref-undecided")}


def _genes() -> Iterator[Json]:
    for name, number in GENES.items():
        found = measured((LOINC, "69548-6"), 0, "", "2025-08-15")
        del found["valueQuantity"]
        found["valueCodeableConcept"] = coded(LOINC, "LA9634-2") | {"text": "Absent"}
        gene = coded("hgnc", f"HGNC:{number}") | {"text": name}
        found["component"] = [{"code": coded(LOINC, "48018-6"), "valueCodeableConcept": gene}]
        yield found
