"""A response explained: cards first, each basis told once, silence with its reason."""

from cdshooks.cards import EXTENSION
from cdshooks.knowledge import base
from cdshooks.services.workbench.explain import verdicts

KNOWLEDGE = base().profile("default")
RESPONSE = {
    "cards": [
        {
            "extension": {
                EXTENSION: {
                    "rules": ["niv-consider", "pft-overdue"],
                    "evidence": [
                        {"resource": "Observation/1", "label": "FVC", "value": "46", "unit": "%"}
                    ],
                    "parameters": [{"name": "vc_asymptomatic_lt"}],
                }
            }
        }
    ],
    "extension": {
        EXTENSION: {
            "trace": [
                {"rule": "alsfrs-due", "outcome": "not indicated", "because": "done"},
                {"rule": "pft-overdue", "outcome": "recommended", "because": "old"},
                {"rule": "niv-consider", "outcome": "recommended", "because": "low"},
                {"rule": "resp-watch", "outcome": "snoozed", "because": "until then"},
            ]
        }
    },
}


def test_rules_are_grouped_by_how_they_stand() -> None:
    found = verdicts(RESPONSE, KNOWLEDGE)
    assert list(found) == ["recommended", "snoozed", "not indicated"]
    assert [one.rule for one in found["not indicated"]] == ["alsfrs-due"]


def test_what_a_card_rests_on_is_told_once_with_its_leading_rule() -> None:
    lead, other = verdicts(RESPONSE, KNOWLEDGE)["recommended"]
    assert lead.rule == "niv-consider"
    assert lead.evidence == ("FVC, 46 %, Observation/1",)
    assert [(basis.limit, basis.mark) for basis in lead.bases] == [("< 50%", "read in the source")]
    assert lead.bases[0].source.startswith("CHEST 2023")
    assert (other.rule, other.bases, other.beside) == ("pft-overdue", (), lead.title)


def test_a_response_without_trace_explains_nothing() -> None:
    assert verdicts({"cards": []}, KNOWLEDGE) == {}
