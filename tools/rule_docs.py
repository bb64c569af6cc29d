"""``docs/rules.md``: the evidence pages as one document, from the same description."""

from collections.abc import Iterable, Iterator

from cdshooks.knowledge import MARKS, Knowledge
from cdshooks.services.catalogue import Described, Index, Number, Read, index

SHOWN_CODES = 6


def rule_catalogue(knowledge: Knowledge) -> Iterator[str]:
    """The lines of the document: an overview, what holds for all rules, each rule."""
    found = index(knowledge)
    profile, _ = found.profiles[0]
    yield f"**Not reviewed by a clinician.** Values are those of the profile `{profile}`."
    yield "A running service shows the same at `/rules`, under its own profile.\n"
    yield from _overview(found)
    yield "\n## What holds for all rules\n"
    yield from (f"- {text}" for text in found.gates)
    yield from _numbers(found.numbers)
    yield "\nWithout a standard code, so not read unless a site maps its own records:\n"
    yield from (f"- {text}" for text in found.not_captured)
    yield "\nMarks of a number:\n"
    yield from (f"- **{mark}**: {meaning}" for mark, meaning in MARKS.items())
    for described in found.rules:
        yield from _rule(described)


def _overview(found: Index) -> Iterator[str]:
    yield "| topic | rule | speaks | kind | main source |"
    yield "| --- | --- | --- | --- | --- |"
    for topic in found.topics:
        for d in topic.rules:
            speaks = ", ".join(words for _, words in d.hooks)
            yield (
                f"| {topic.title} | [{d.rule.title}](#{d.rule.id}) | {speaks} | {d.kind} "
                f"| {d.sources[0][1].label} |"
            )


def _rule(d: Described) -> Iterator[str]:
    yield f"\n## {d.rule.id}\n"
    yield f"**{d.rule.title}**\n"
    yield from (f"{text}\n" for text in d.says)
    yield from _decisions(d)
    yield "Silent, whatever else is in the chart:\n"
    yield from (f"- {row.when}" for row in d.decisions if row.level == "none")
    yield from (f"- {text}" for text in d.silent)
    if d.rule.leaves_out:
        yield f"\nLeft out on purpose: {d.rule.leaves_out}"
    if d.offers:
        yield f"\nOffers: {'; '.join(d.offers)}."
    if d.overrides:
        yield f"\nReasons for not following it: {'; '.join(d.overrides)}."
    yield from _numbers(d.numbers)
    for question in d.questions:
        yield f"\n*{question.asks}*\n"
        yield from (f"- {' '.join(step.says)}" for step in question.steps)
    yield from _reads(d.reads)
    yield "\nSources:\n"
    for _, file in d.sources:
        yield f"- [{file.label}]({file.url}). {file.citation} {file.status}"


def _decisions(d: Described) -> Iterator[str]:
    rows = [row for row in d.decisions if row.level != "none"]
    if not rows:
        return
    yield "| card | when | criterion |"
    yield "| --- | --- | --- |"
    for row in rows:
        level = f"off; {row.level} under {', '.join(row.on_in)}" if row.off else row.level
        yield f"| {level} | {row.when} | {row.id} |"
    yield ""


def _numbers(numbers: Iterable[Number]) -> Iterator[str]:
    lines = tuple(numbers)
    if not lines:
        return
    yield "\n| what | value | source | mark | checked | other profiles |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for n in lines:
        p = n.parameter
        others = "; ".join(f"{profile}: {value}" for profile, value in n.elsewhere)
        yield (
            f"| {p.meaning} (`{p.name}`) | {n.value} | {n.source.label}, {p.locator} "
            f"| {p.mark} | {p.checked} | {others} |"
        )


def _reads(reads: Iterable[Read]) -> Iterator[str]:
    yield "\n| reads | how | believed | codes |"
    yield "| --- | --- | --- | --- |"
    for read in reads:
        codes = [f"{code.system} {code.code}" for code in read.codes]
        more = f", and {len(codes) - SHOWN_CODES} more" if len(codes) > SHOWN_CODES else ""
        yield (
            f"| {read.what} | {'; '.join(read.how)} | {read.plausible} "
            f"| {', '.join(codes[:SHOWN_CODES])}{more} |"
        )
