"""The detail of a card: why, the patient's values, the limits, what was missing, the source."""

from collections.abc import Iterable, Iterator, Sequence

from cdshooks.cards.text import bullets, escaped, table
from cdshooks.engine import Finding
from cdshooks.knowledge import MARKS, Knowledge
from cdshooks.rules.authoring import Origin, Recommend, on, origins

CLOSING = "Supports, does not replace, clinical judgement. Not reviewed by a clinician."


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
    """The sentences of each finding; those after the first are led by their own summary."""
    for number, finding in enumerate(findings):
        outcome = finding.outcome
        if not isinstance(outcome, Recommend):
            continue
        lines = outcome.because if number == 0 else (outcome.summary, *outcome.because)
        if lines:
            yield bullets(lines)


def _values(outcomes: Iterable[Recommend]) -> str:
    facts = [o for outcome in outcomes for fact in outcome.evidence for o in origins(fact)]
    rows = [_row(origin) for origin in dict.fromkeys(facts)]
    return table(("Finding", "Value", "Date"), rows) if rows else ""


def _row(origin: Origin) -> tuple[str, str, str]:
    gap = "" if origin.unit == "%" else " "
    day = on(origin.day) if origin.day else ""
    sent = f" (sent as {origin.sent})" if origin.sent else ""
    return origin.label, f"{origin.value}{gap}{origin.unit}{sent}".strip(), day


def _limits(outcomes: Iterable[Recommend], knowledge: Knowledge) -> str:
    """Each limit that was crossed, with its source and how sure that is."""
    lines = []
    for name in dict.fromkeys(limit.name for outcome in outcomes for limit in outcome.by):
        parameter = knowledge.parameters[name]
        source = knowledge.base.sources[parameter.source].label
        limit = parameter.threshold()
        lines.append(f"{parameter.meaning}: {limit} ({source}; {MARKS[parameter.mark]})")
    return f"**Limits used**\n\n{bullets(lines)}" if lines else ""


def _missing(outcomes: Iterable[Recommend]) -> str:
    lines = list(dict.fromkeys(m for outcome in outcomes for m in outcome.missing))
    return f"**Missing or not usable**\n\n{bullets(lines)}" if lines else ""


def _sources(findings: Sequence[Finding], knowledge: Knowledge) -> str:
    """The sources of every rule that speaks, and what was read of each."""
    names = dict.fromkeys(name for finding in findings for name in finding.rule.sources)
    labels = [knowledge.base.sources[name].label for name in names]
    return f"**Source**: {escaped('; '.join(labels))}"
