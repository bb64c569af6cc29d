"""The detail of a card: why, the patient's values, the limits, what was missing, the source."""

from collections.abc import Iterable, Iterator, Sequence

from cdshooks.cards.text import bullets, escaped, table
from cdshooks.engine import Finding
from cdshooks.knowledge import MARKS, OWN_CHOICE, Knowledge, Parameter
from cdshooks.rules.authoring import Origin, Recommend, on, origins
from cdshooks.units import beside

CLOSING = "Supports, does not replace, clinical judgement. Not reviewed by a clinician."
EVIDENCE_AT_MOST = 200
"""Values that a card tells. A hundred drafts that each meet thousands of old orders would
otherwise be answered with many times what was sent."""


def detail(findings: Sequence[Finding], knowledge: Knowledge, in_hand: Sequence[str] = ()) -> str:
    """Markdown for a card made of these findings, the leading one first.

    in_hand: what it does not offer since it is asked for already.
    """
    outcomes = [f.outcome for f in findings if isinstance(f.outcome, Recommend)]
    parts = [
        *_reasons(findings),
        _values(outcomes),
        _limits(outcomes, knowledge),
        _missing(outcomes),
        f"**Already asked for**\n\n{bullets(in_hand)}" if in_hand else "",
        _sources(findings, knowledge),
        f"*{CLOSING}*",
    ]
    return "\n\n".join(part for part in parts if part)


def _reasons(findings: Sequence[Finding]) -> Iterator[str]:
    """The sentences of each finding; those after the first are led by their own summary.

    Of two orders of which the same is to be said it is said once, in one finding too.
    """
    outcomes = [f.outcome for f in findings if isinstance(f.outcome, Recommend)]
    said = dict.fromkeys((outcome.summary, outcome.because) for outcome in outcomes)
    for number, (summary, because) in enumerate(said):
        told = [line for line in dict.fromkeys(because) if line.rstrip(".") != summary.rstrip(".")]
        lines = told if number == 0 else (summary, *told)
        if lines:
            yield bullets(lines)


def _values(outcomes: Iterable[Recommend]) -> str:
    facts = [o for outcome in outcomes for fact in outcome.evidence for o in origins(fact)]
    values = list(dict.fromkeys(facts))
    rows = [_row(origin) for origin in values[:EVIDENCE_AT_MOST]]
    if len(values) > EVIDENCE_AT_MOST:
        rows.append((f"and {len(values) - EVIDENCE_AT_MOST} more", "", ""))
    return table(("Finding", "Value", "Date"), rows) if rows else ""


def _row(origin: Origin) -> tuple[str, str, str]:
    day = on(origin.day) if origin.day else ""
    sent = f" (sent as {origin.sent})" if origin.sent else ""
    return origin.label, f"{beside(origin.value, origin.unit)}{sent}", day


def _limits(outcomes: Iterable[Recommend], knowledge: Knowledge) -> str:
    """Each limit that was crossed, with its source and how sure that is."""
    lines = []
    for name in dict.fromkeys(limit.name for outcome in outcomes for limit in outcome.by):
        parameter = knowledge.parameters[name]
        lines.append(
            f"{parameter.meaning}: {parameter.threshold()} ({_origin(parameter, knowledge)})"
        )
    return f"**Limits used**\n\n{bullets(lines)}" if lines else ""


def _origin(parameter: Parameter, knowledge: Knowledge) -> str:
    """Where a limit comes from, and how sure that is; of our own choice that alone."""
    if parameter.source == OWN_CHOICE and parameter.mark in ("P", "PD"):
        return MARKS["PD"]
    return f"{knowledge.base.sources[parameter.source].label}; {MARKS[parameter.mark]}"


def _missing(outcomes: Iterable[Recommend]) -> str:
    lines = list(dict.fromkeys(m for outcome in outcomes for m in outcome.missing))
    return f"**Missing or not usable**\n\n{bullets(lines)}" if lines else ""


def _sources(findings: Sequence[Finding], knowledge: Knowledge) -> str:
    """The sources of every rule that speaks, and what was read of each."""
    names = dict.fromkeys(name for finding in findings for name in finding.rule.sources)
    labels = [knowledge.base.sources[name].label for name in names]
    return f"**Source**: {escaped('; '.join(labels))}"
