"""The tables of ``docs/cohort.md``: every number that a synthetic cohort is drawn from.

The prose of that document is written by hand; what stands between two marks is made here.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from cdshooks.cohort.content import content
from cdshooks.cohort.distributions import Check, Distributions, Number, distributions

DOCUMENT = Path(__file__).parents[1] / "docs" / "cohort.md"
BEGIN, END = "<!-- made by `make docs`: {} -->", "<!-- end -->"


def page() -> str:
    """The document with its tables as they have to be."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, lines in _tables(distributions()).items():
        before, begin, rest = text.partition(BEGIN.format(name))
        _, end, after = rest.partition(END)
        text = f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{after}"
    return text


def _tables(numbers: Distributions) -> Mapping[str, Iterable[str]]:
    return {
        "checks": _checks(numbers),
        "parameters": _parameters(numbers),
        "spans": _spans(numbers),
        "clinics": [", ".join(f"{site.name} {site.share:.0%}" for site in content().sites)],
        "sources": _sources(numbers),
    }


def _checks(numbers: Distributions) -> Iterator[str]:
    yield "| | published | band | unit | source |"
    yield "| --- | --- | --- | --- | --- |"
    for check in numbers.checks.values():
        yield _check(check, numbers)


def _parameters(numbers: Distributions) -> Iterator[str]:
    yield "| parameter | value | unit | means | mark | source |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for name, number in numbers.parameters.items():
        yield _number(name, number, numbers)


def _spans(numbers: Distributions) -> Iterator[str]:
    yield "| span | from | to | unit | means |"
    yield "| --- | --- | --- | --- | --- |"
    for name, span in numbers.spans.items():
        yield f"| `{name}` | {span.low:g} | {span.high:g} | {span.unit} | {span.meaning} |"


def _sources(numbers: Distributions) -> Iterator[str]:
    for place, source in enumerate(numbers.sources.values(), 1):
        yield f"{place}. {source.citation} <{source.url}>"


def _check(check: Check, numbers: Distributions) -> str:
    band = f"{check.low:g} to {check.high:g}"
    cited = _cited([check.source], numbers)
    return f"| {check.meaning} | {check.published:g} | {band} | {check.unit} | {cited} |"


def _number(name: str, number: Number, numbers: Distributions) -> str:
    told = f"{number.value:g} | {number.unit} | {number.meaning} | {number.mark}"
    return f"| `{name}` | {told} | {_cited(number.sources, numbers)} |"


def _cited(sources: Iterable[str], numbers: Distributions) -> str:
    places = list(numbers.sources)
    return ", ".join(f"[{places.index(source) + 1}](#sources)" for source in sources)
