"""A whole, typical chart with one finding changed: what becomes of symptoms, speech and clots."""

import pytest

from tests.support.advice import Change, advised, rules_of, say, then, told
from tests.support.base_patient import LOCAL, VISIT, Chart, alsfrs, base_patient, coded, measured

MODULES = (
    *("vte", "vte_prevention", "saliva", "salivary_botulinum", "secretions", "spasticity"),
    *("cramp_offers", "pain", "pressure_injury", "speech", "communication_aids"),
)
OWN = rules_of(*MODULES)
FULL = (4, 4, 4, 3, 3, 3, 3, 3, 2, 4, 4, 4)


def _advice(chart: Chart, hook: str = "patient-view", profile: str = "default") -> dict[str, str]:
    """What the rules of these modules advise: level and summary by rule."""
    return told(advised(chart, hook, profile=f"{profile} captures-all"), OWN)


def _item(number: int, score: int) -> Change:
    scores = (*FULL[: number - 1], score, *FULL[number:])
    return lambda chart: chart.put("ALSFRS-R", *alsfrs(VISIT, scores)).remove("earlier ALSFRS-R")


def _rate(words: int) -> Change:
    return lambda chart: chart.add(
        "speaking rate", measured((LOCAL, "speaking-rate"), words, "{words}/min", VISIT)
    )


def _cramps(count: int, unit: str) -> Change:
    return lambda chart: chart.add(
        "cramps", measured((LOCAL, "cramp-frequency"), count, unit, VISIT)
    )


def test_a_typical_patient_is_left_in_peace() -> None:
    assert _advice(base_patient()) == {}
    assert _advice(base_patient(), "encounter-start") == {}


CASES: list[tuple[str, Change, dict[str, str]]] = [
    (
        "drooling, no drug",
        _item(2, 1),
        {"sialorrhea-first-line": "info: Drooling (item 2 = 1/4): trial of anticholinergic"},
    ),
    (
        "drooling on glycopyrronium for two months",
        then(_item(2, 1), say("prescription 197738 active, 64 days ago")),
        {"sialorrhea-botulinum": "info: Drooling persists after glycopyrronium 64 days"},
    ),
    (
        "drooling and narrow-angle glaucoma",
        then(_item(2, 1), say("condition angle-closure-glaucoma, 900 days ago")),
        {"sialorrhea-botulinum": "info: Drooling (item 2 = 1/4), angle-closure glaucoma against"},
    ),
    (
        "drooling and thick secretions",
        then(_item(2, 2), say("condition thick-secretions, 5 days ago")),
        {"thick-secretions": "info: Thick secretions (10 Mar 2026): review drying drugs"},
    ),
    (
        "drooling on glycopyrronium for two weeks",
        then(_item(2, 1), say("prescription 197738 active, 14 days ago")),
        {},
    ),
    (
        "the left leg is swollen",
        say("condition leg-swelling site=snomed:32153003, 2 days ago"),
        {"vte-suspected": "warning: Leg swelling, left (13 Mar 2026) in ALS: rule out DVT/PE"},
    ),
    (
        "DVT without anticoagulant",
        say("condition deep-vein-thrombosis, 14 days ago"),
        {"vte-treat": "warning: Acute DVT 1 Mar 2026 and no anticoagulant on record"},
    ),
    (
        "PE without anticoagulant",
        say("condition pulmonary-embolism, 5 days ago"),
        {"vte-treat": "critical: Acute PE 10 Mar 2026 and no anticoagulant on record"},
    ),
    (
        "DVT on apixaban",
        say(
            "condition deep-vein-thrombosis, 14 days ago",
            "prescription 1364430 active, 14 days ago",
        ),
        {},
    ),
    (
        "speech of 118 words a minute",
        then(_item(1, 3), _rate(118)),
        {
            "aac-refer": "warning: Speech 118 wpm / item 1 = 3: arrange AAC evaluation now",
            "dysarthria-slt": "info: Speech change (item 1 = 3/4)",
            "communication-review": "info: Review communication aids at MDT",
        },
    ),
    (
        "speech of 126 words a minute",
        then(_item(1, 3), _rate(126)),
        {
            "dysarthria-slt": "info: Speech change (item 1 = 3/4)",
            "communication-review": "info: Review communication aids at MDT",
        },
    ),
    ("three cramps a week", _cramps(3, "/wk"), {}),
    (
        "three cramps a day",
        _cramps(3, "/d"),
        {"cramps-treat": "info: Troublesome cramps (3/day): stretching, hydration; drug per local"},
    ),
    (
        "does not turn in bed",
        _item(7, 1),
        {"pressure-injury-risk": "info: Immobile (turning 1/4): check skin"},
    ),
    (
        "does not turn in bed, skin checked",
        then(_item(7, 1), say("procedure skin-check, 14 days ago")),
        {},
    ),
]


@pytest.mark.parametrize(("change", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_one_finding_in_a_typical_chart(change: Change, expected: dict[str, str]) -> None:
    said = _advice(change(base_patient()))
    assert said.keys() == expected.keys()
    assert all(said[rule].startswith(words) for rule, words in expected.items())


@pytest.mark.parametrize(
    ("profile", "drug"), [("nice-uk", "quinine"), ("us-medicare-overlay", "mexiletine")]
)
def test_the_drug_against_cramps_is_that_of_the_country(profile: str, drug: str) -> None:
    said = _advice(_cramps(3, "/d")(base_patient()), profile=profile)
    assert said["cramps-treat"].endswith(f"drug option {drug}")


def test_an_admission_of_who_does_not_walk_asks_for_prevention() -> None:
    chart = _item(8, 1)(base_patient()).say("encounter inpatient in-progress, today")
    said = _advice(chart, "encounter-start")
    assert said["vte-inpatient-prophylaxis"].startswith("info: Inpatient with leg weakness")
    assert "vte-treat" not in said


def test_who_does_not_walk_at_home_is_not_offered_a_drug() -> None:
    said = _advice(_item(8, 1)(base_patient()))
    assert said.keys() == {"pressure-injury-risk"}


def test_a_voice_is_banked_before_it_is_lost() -> None:
    chart = _item(1, 3)(base_patient())
    facts = [r for r in chart.facts["planning"] if r.get("code") != coded(LOCAL, "voice-banking")]
    assert "dysarthria-slt" in _advice(chart.put("planning", *facts))
