"""Which genes of ALS were tested, and what was found?"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from cdshooks.rules.authoring import Entries, Entry, Found, Listed, derived, failed_in

Gene = Literal["C9orf72", "SOD1", "FUS", "TARDBP"]
GENES: dict[Gene, str] = {
    "C9orf72": "gene-c9orf72",
    "SOD1": "gene-sod1",
    "FUS": "gene-fus",
    "TARDBP": "gene-tardbp",
}
"""The genes that everybody with ALS is offered a test of, and the value sets that name them."""

Verdict = Literal["pathogenic", "uncertain", "present", "unclear", "benign", "negative"]
VERDICTS: tuple[Verdict, ...] = (
    "pathogenic",
    "uncertain",
    "present",
    "unclear",
    "benign",
    "negative",
)
"""The gravest first. ``present``: a variant whose significance was not written down;
``unclear``: a result of which nothing could be read."""

JUDGED: dict[Verdict, str] = {
    "pathogenic": "variant-pathogenic",
    "uncertain": "variant-uncertain",
    "benign": "variant-benign",
}
"""What a laboratory makes of a variant, and the value sets of its words for it."""
PARTS = (*GENES.values(), "variant-present", "variant-absent", *JUDGED.values())


@dataclass(frozen=True, slots=True)
class GeneResult:
    """What a test said of one gene; pathogenic includes likely pathogenic, and so for benign."""

    gene: Gene
    verdict: Verdict
    entry: Entry

    @property
    def day(self) -> date | None:
        """The day of the result, if it was recorded."""
        return self.entry.day


@dataclass(frozen=True, slots=True)
class Genes:
    """Results by gene, one each, and ALS that is on the problem list as caused by SOD1.

    whole: whether every result was read, so that a gene without one was not tested.
    failed: the searches that did not answer.
    """

    results: tuple[GeneResult, ...] = ()
    sod1_als: Entry | None = None
    whole: bool = True
    failed: tuple[str, ...] = ()

    def of(self, gene: Gene) -> GeneResult | None:
        """The result that counts for a gene."""
        return next((result for result in self.results if result.gene == gene), None)

    @property
    def sod1_evidence(self) -> Entry | None:
        """What shows a pathogenic variant of SOD1: a result, or the diagnosis itself."""
        result = self.of("SOD1")
        if result and result.verdict == "pathogenic":
            return result.entry
        return self.sod1_als

    @property
    def untested(self) -> tuple[Gene, ...]:
        """The genes without any result; a diagnosis of SOD1-ALS stands for one of SOD1."""
        tested = {result.gene for result in self.results}
        if self.sod1_als:
            tested.add("SOD1")
        return tuple(gene for gene in GENES if gene not in tested)


@derived
def genes(
    results: Annotated[Entries, Found("genetic-result", "genetic-component", PARTS)],
    sod1: Annotated[Entries, Listed("sod1-als", named=True)],
) -> Genes:
    """
    The gravest result of each gene, the newest of those; a correction amends the result itself.

    Results of one gene add up: a panel that sees no variant takes nothing from a
    test that found one. A result that names several genes counts for each of them
    only where it found nothing.
    """
    read = [result for entry in results for result in _results(entry)]
    chosen = tuple(_gravest([r for r in read if r.gene == gene]) for gene in GENES)
    return Genes(
        results=tuple(result for result in chosen if result),
        sod1_als=sod1.newest,
        whole=results.whole,
        failed=failed_in(results, sod1),
    )


def _gravest(results: list[GeneResult]) -> GeneResult | None:
    ranked = sorted(results, key=lambda r: r.day or date.min, reverse=True)
    return min(ranked, key=lambda r: VERDICTS.index(r.verdict), default=None)


def _results(entry: Entry) -> list[GeneResult]:
    """What one result says of each gene that it names."""
    named: list[Gene] = [gene for gene, value_set in GENES.items() if value_set in entry.reasons]
    verdicts = {gene: _verdict(gene, entry.reasons) for gene in named}
    if len(named) > 1 and set(verdicts.values()) != {"negative"}:
        return [GeneResult(gene, "unclear", entry) for gene in named]
    return [GeneResult(gene, verdict, entry) for gene, verdict in verdicts.items()]


def _verdict(gene: Gene, reasons: frozenset[str]) -> Verdict:
    """What was found; an expanded repeat of C9orf72 is pathogenic without another word."""
    present, absent = "variant-present" in reasons, "variant-absent" in reasons
    judged = [verdict for verdict, value_set in JUDGED.items() if value_set in reasons]
    if (present and absent) or len(judged) > 1 or (absent and judged not in ([], ["benign"])):
        return "unclear"
    if judged:
        return judged[0]
    if present:
        return "pathogenic" if gene == "C9orf72" else "present"
    return "negative" if absent else "unclear"
