"""Which gene tests count, what they say, and which of several counts."""

from datetime import timedelta
from typing import Any

import pytest

from cdshooks import engine
from cdshooks.chart import answer
from cdshooks.rules.authoring import Entries, Found, Listed
from cdshooks.rules.states.genes import PARTS, Genes, genes
from tests.support.charts import NOW, chart
from tests.support.resources import record

TODAY = NOW.date()
RESULTS = Found("genetic-result", "genetic-component", PARTS)
ERROR = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}


def state(text: str, changed: dict[str, Any] | None = None) -> Genes:
    phrases = [phrase.strip() for phrase in text.split(" + ") if phrase.strip()]
    resources = [r for phrase in phrases for r in record(phrase, TODAY)]
    view = chart(resources, RESULTS, Listed("sod1-als"), changed=changed)
    found: Genes = engine.state_of(genes, view)
    return found


VERDICTS = [
    ("gene sod1 present pathogenic, 9 days ago", "pathogenic"),
    ("gene sod1 pathogenic, 9 days ago", "pathogenic"),
    ("gene sod1 present likely-pathogenic, 9 days ago", "pathogenic"),
    ("gene sod1 present uncertain, 9 days ago", "uncertain"),
    ("gene sod1 present likely-benign, 9 days ago", "benign"),
    ("gene sod1 present benign, 9 days ago", "benign"),
    ("gene sod1 absent benign, 9 days ago", "benign"),
    ("gene sod1 absent, 9 days ago", "negative"),
    ("gene sod1 absent pathogenic, 9 days ago", "unclear"),
    ("gene sod1 pathogenic benign, 9 days ago", "unclear"),
    ("gene sod1 present, 9 days ago", "present"),
    ("gene sod1 test present, 9 days ago", "present"),
    ("gene sod1 test absent, 9 days ago", "negative"),
    ("gene sod1, 9 days ago", "unclear"),
    ("gene sod1 value=Not_detected, 9 days ago", "negative"),
    ("gene sod1 value=No_variant_detected, 9 days ago", "negative"),
    ("gene sod1 value=Variant_detected, 9 days ago", "present"),
    ("gene sod1 says=Likely_pathogenic, 9 days ago", "pathogenic"),
    ("gene sod1 says=VUS, 9 days ago", "uncertain"),
    ("gene sod1 says=Not_pathogenic, 9 days ago", "unclear"),
    ("gene sod1 value=no_pathogenic_variant, 9 days ago", "unclear"),
    ("gene sod1 absent, undated", "negative"),
    ("gene sod1 amended absent, 9 days ago", "negative"),
    ("gene sod1 preliminary present pathogenic, 9 days ago", None),
    ("gene sod1 entered-in-error present pathogenic, 9 days ago", None),
    ("gene sod1 foreign present pathogenic, 9 days ago", None),
    ("gene fus present pathogenic, 9 days ago", None),
    ("gene sod1 present pathogenic, in 3 days", None),
    # Several results of one gene: the gravest, and of these the newest.
    ("gene sod1 absent, 9 days ago + gene sod1 present pathogenic, 90 days ago", "pathogenic"),
    ("gene sod1 present uncertain, 9 days ago + gene sod1 absent, 3 days ago", "uncertain"),
    # One result about two genes says only that neither has a variant.
    ("gene sod1 and=fus absent, 9 days ago", "negative"),
    ("gene sod1 and=fus present pathogenic, 9 days ago", "unclear"),
]


@pytest.mark.parametrize(("text", "verdict"), VERDICTS)
def test_a_result_says_what_was_found_of_a_gene(text: str, verdict: str | None) -> None:
    result = state(text).of("SOD1")
    assert (result and result.verdict) == verdict


def test_an_expanded_repeat_is_pathogenic_without_another_word() -> None:
    result = state("gene c9orf72 test present, 9 days ago").of("C9orf72")
    assert result
    assert result.verdict == "pathogenic"
    assert result.day == TODAY - timedelta(days=9)


def test_of_two_results_that_say_the_same_the_newest_is_shown() -> None:
    found = state("gene sod1 absent, 90 days ago + gene sod1 absent, 9 days ago").of("SOD1")
    assert found
    assert found.day == TODAY - timedelta(days=9)


@pytest.mark.parametrize(
    ("text", "evidence"),
    [
        ("gene sod1 present pathogenic, 9 days ago", "Observation"),
        ("condition sod1-als, 9 days ago", "Condition"),
        ("condition sod1-als #1, 9 days ago + gene sod1 absent, 9 days ago", "Condition"),
        ("condition sod1-als refuted, 9 days ago", None),
        ("gene sod1 present uncertain, 9 days ago", None),
        ("gene fus present pathogenic, 9 days ago", None),
        ("", None),
    ],
)
def test_a_result_or_the_diagnosis_shows_sod1_als(text: str, evidence: str | None) -> None:
    shown = state(text).sod1_evidence
    assert (shown and shown.type) == evidence


def test_genes_without_a_result_are_untested() -> None:
    assert state("").untested == ("C9orf72", "SOD1", "FUS", "TARDBP")
    assert state("gene sod1, 9 days ago + gene fus absent, 9 days ago").untested == (
        "C9orf72",
        "TARDBP",
    )
    assert state("condition sod1-als, 9 days ago").untested == ("C9orf72", "FUS", "TARDBP")


def test_unread_results_are_no_absence() -> None:
    unread = state("", {"genetics": ERROR})
    assert not unread.whole
    assert unread.failed == ("genetics",)
    assert state("").whole


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("gene sod1 absent, 14 days ago", 1),
        ("gene sod1 absent, 15 days ago", 0),
        ("gene sod1 absent, undated", 0),
        ("gene sod1 preliminary absent, 3 days ago", 0),
        ("gene sod1 absent, in 1 days", 1),
        ("gene sod1 absent, in 2 days", 0),
    ],
)
def test_results_count_from_the_lookback_to_a_day_ahead(text: str, count: int) -> None:
    wanted = Found("genetic-result", "genetic-component", PARTS, lookback="vte_sign_days")
    found = answer(chart(record(text, TODAY), wanted), wanted)
    assert isinstance(found, Entries)
    assert len(found.items) == count


def test_a_result_that_is_not_final_is_none() -> None:
    found = answer(
        chart(record("gene sod1 preliminary absent, 3 days ago", TODAY), RESULTS), RESULTS
    )
    assert isinstance(found, Entries)
    assert found.items == ()
