"""Was gene testing offered, with counselling before it, and did a result lead to something?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar

from cdshooks.rules.authoring import (
    Agreed,
    Call,
    CannotAssess,
    Captured,
    Create,
    Declined,
    Draft,
    Entries,
    Entry,
    InFamily,
    Limits,
    Listed,
    Medication,
    NotIndicated,
    Offer,
    Order,
    Ordered,
    Outcome,
    Performed,
    Recommend,
    Refused,
    State,
    This,
    Threshold,
    Visited,
    derived,
    failed_in,
    on,
    rule,
)
from cdshooks.rules.states.genes import Gene, GeneResult, Genes, genes
from cdshooks.rules.states.goals import Goals, goals
from cdshooks.rules.states.merged import merged
from cdshooks.rules.states.population import Population, population
from cdshooks.rules.states.unanswered import unanswered

COUNSELLING = "genetic-counselling"
FIRST: tuple[Gene, ...] = ("C9orf72", "SOD1")
"""The genes without which testing is not complete."""


@derived
def counselling(
    done: Annotated[Entries, Performed(COUNSELLING, statuses=("completed", "in-progress"))],
    visits: Annotated[Entries, Visited(COUNSELLING)],
    coded: Annotated[Entries, Listed(COUNSELLING, history=True)],
) -> Entries:
    """Genetic counselling as a procedure, a visit, or the reason for one, of any age."""
    return merged("genetic counselling", done, visits, coded)


@derived
def ordered_lately(
    tests: Annotated[Entries, Ordered("gene-test")],
    referrals: Annotated[Entries, Ordered(COUNSELLING)],
) -> tuple[Entries, Entries]:
    """Gene tests and referrals to counselling that are open."""
    return tests, referrals


@derived
def family_history(
    relatives: Annotated[Entries, InFamily("als-or-ftd")],
    familial: Annotated[Entries, Listed("familial-als")],
) -> Entry | None:
    """What shows ALS or frontotemporal dementia in the family, if anything does."""
    return relatives.newest or familial.newest


@dataclass(frozen=True, slots=True)
class OfferLimits(Limits):
    """When gene testing is offered, and for how long an order or a refusal counts."""

    group: ClassVar[str] = "genetics"
    gene_offer_from_ge_days: Threshold
    gene_offer_uncoded_le_days: Threshold
    gene_refusal_le_days: Threshold
    gene_test_order_le_days: Threshold
    gene_referral_le_days: Threshold


@rule(
    "genetic-counselling-offer",
    title="Genetic counselling and testing",
    hooks=("patient-view",),
    kind="P",
    group="GENE",
    sources=("genetics-2023", "ean-2024"),
    overrides=("patient-declined", "done-elsewhere", "resource-unavailable"),
    leaves_out="Results in words or documents only; genes beyond the four; banking of DNA.",
)
def genetic_counselling_offer(
    call: Annotated[Call, This()],
    goals: Annotated[Goals, State(goals)],
    population: Annotated[Population, State(population)],
    recorded: Annotated[bool, Captured("genetic-result")],
    genes: Annotated[Genes, State(genes)],
    counselled: Annotated[Entries, State(counselling)],
    orders: Annotated[tuple[Entries, Entries], State(ordered_lately)],
    refusals: Annotated[Entries, Refused("genetic-service")],
    family: Annotated[Entry | None, State(family_history)],
    limits: OfferLimits,
) -> Outcome:
    """
    Offer counselling and testing when neither a result nor an offer is on record.

    Counselling is an offer. After it, only a test of one of C9orf72 and SOD1 without
    the other is pointed out. ALS or frontotemporal dementia in the family raises the level.
    Where neither site, chart nor family says more, the offer ends half a year after the
    diagnosis: results are mostly kept as documents.
    """
    missing = tuple(gene for gene in FIRST if gene in genes.untested)
    partial = len(missing) < len(FIRST)
    if not missing:
        return NotIndicated("C9orf72 and SOD1 were tested")
    if goals.end_of_life:
        return NotIndicated("care is for comfort")
    reason = _settled(call.today, orders, refusals, limits)
    if reason is None and counselled.newest and not partial:
        reason = f"{counselled.newest}"
    if reason:
        return NotIndicated(reason)
    read = (counselled, *orders, refusals)
    if not genes.whole or not all(entries.whole for entries in read):
        failed = failed_in(genes, *read)
        return CannotAssess("gene tests and counselling could not be read", failed)
    if population.diagnosed is None:
        return CannotAssess("the day of the diagnosis is not recorded")
    known = Decimal((call.today - population.diagnosed).days)
    if not limits.gene_offer_from_ge_days.met_by(known):
        return NotIndicated(f"diagnosed {known} days ago")
    expected = recorded or genes.results or family
    if not expected and not limits.gene_offer_uncoded_le_days.met_by(known):
        return NotIndicated("results of gene tests are not recorded in coded form here")
    late = tuple(unanswered(orders[1], counselled))
    return _offer(genes, partial, orders[0], late, family, limits)


def _settled(
    today: date, orders: tuple[Entries, Entries], refusals: Entries, limits: OfferLimits
) -> str | None:
    """What makes an offer needless for now: a standing refusal, or an order that is waited for."""
    tests, referrals = orders
    kinds = (
        (refusals, limits.gene_refusal_le_days, "declined"),
        (tests, limits.gene_test_order_le_days, "ordered"),
        (referrals, limits.gene_referral_le_days, "referred"),
    )
    for entries, limit, told in kinds:
        for entry in entries:
            if entry.day is None or limit.met_by(Decimal((today - entry.day).days)):
                return f"{told}: {entry}"
    return None


def _offer(
    genes: Genes,
    partial: bool,
    waiting: Entries,
    late: tuple[str, ...],
    family: Entry | None,
    limits: OfferLimits,
) -> Recommend:
    names = ", ".join(genes.untested)
    told = (
        f"Gene testing incomplete: no result for {names}"
        if partial
        else f"Genetic counselling and testing not offered ({names})"
    )
    wanted = (
        ("genetic-counselling", True),
        ("gene-panel", set(genes.untested) != {"C9orf72"}),
        ("c9orf72-assay", "C9orf72" in genes.untested),
    )
    return Recommend(
        summary=told,
        indicator="warning" if family else "info",
        because=(*late, *_reasons(genes, waiting, family)),
        evidence=(*(result.entry for result in genes.results), *((family,) if family else ())),
        by=(limits.gene_offer_from_ge_days,),
        offers=tuple(Create(draft, reason=told) for draft, needed in wanted if needed),
    )


def _reasons(genes: Genes, waiting: Entries, family: Entry | None) -> Iterator[str]:
    if waiting.newest:
        yield f"A test was ordered ({on(waiting.newest.day)}); no result is on record."
    if family:
        yield f"In the family: {family}."
    if genes.results:
        yield f"Tested: {', '.join(f'{r.gene} ({on(r.day)})' for r in genes.results)}."
    yield "Everybody with ALS is offered it; a variant of SOD1 can be treated with tofersen."


@rule(
    "genetic-test-without-counselling",
    title="Gene test without counselling on record",
    hooks=("order-select", "order-sign"),
    kind="X",
    group="GENE",
    sources=("genetics-2023",),
    overrides=("done-elsewhere",),
    leaves_out="Gene tests for other diseases; counselling that only a letter tells of.",
)
def genetic_test_without_counselling(
    order: Annotated[Order, Draft(value_set="gene-test")],
    panel: Annotated[Entries, Ordered("sequencing")],
    assay: Annotated[Entries, Ordered("c9orf72-test")],
    referrals: Annotated[Entries, Ordered(COUNSELLING)],
    done: Annotated[
        Entries,
        Performed(
            COUNSELLING, statuses=("completed", "in-progress"), lookback="gene_counselled_days"
        ),
    ],
    visits: Annotated[Entries, Visited(COUNSELLING, lookback="gene_counselled_days")],
    coded: Annotated[Entries, Listed(COUNSELLING, lookback="gene_counselled_days", history=True)],
    consents: Annotated[Entries, Agreed("genetic-service", lookback="gene_counselled_days")],
    genes: Annotated[Genes, State(genes)],
) -> Outcome:
    """
    Ask for counselling and consent before a gene test, when the last year shows neither.

    A panel without the repeat assay of C9orf72, and without its result, is named too.
    """
    shown = merged("genetic counselling or consent", done, visits, coded, consents)
    if shown.newest:
        return NotIndicated(f"{shown.newest}")
    if not shown.whole:
        return CannotAssess("counselling and consent could not be read", shown.failed)
    blind = bool(panel) and not assay and genes.of("C9orf72") is None
    offers: list[Offer] = [
        Create("record-gene-counselling", recommended=True, reason="Before a gene test")
    ]
    if not referrals:
        offers.append(Create("genetic-counselling", reason="Before a gene test"))
    if blind:
        offers.append(Create("c9orf72-assay", reason="Not seen by a sequencing panel"))
    unseen = ("Sequencing panels miss the C9orf72 expansion.",) if blind else ()
    return Recommend(
        summary="Record pre-test counselling and consent before ALS gene test",
        indicator="info",
        because=("No counselling or consent is recorded in the last year.", *unseen),
        evidence=(order,),
        offers=tuple(offers),
    )


@derived
def tofersen_decision(
    taken: Annotated[Entries, Medication("tofersen", ended=True, planned=True)],
    declined: Annotated[Entries, Declined("tofersen")],
) -> Entry | None:
    """What shows that treatment with tofersen was decided on, either way."""
    return merged("tofersen", taken, declined).newest


@rule(
    "genetic-result-action",
    title="What follows from a pathogenic variant",
    hooks=("patient-view",),
    kind="P",
    group="GENE",
    sources=("genetics-2023", "ean-2024"),
    overrides=("done-elsewhere", "patient-declined"),
    leaves_out="Variants of uncertain significance, on which nobody should act; relatives' data.",
)
def genetic_result_action(
    goals: Annotated[Goals, State(goals)],
    genes: Annotated[Genes, State(genes)],
    counselled: Annotated[Entries, State(counselling)],
    decided: Annotated[Entry | None, State(tofersen_decision)],
) -> Outcome:
    """
    Ask for counselling after a pathogenic or likely pathogenic variant, and for what it means.

    SOD1 without a decision on tofersen is a warning, unless care is for comfort. A diagnosis
    of SOD1-ALS is such a result. Counselling on the day of a result or later answers it.
    """
    open_results = [r for r in _pathogenic(genes) if not _counselled_since(r, counselled)]
    if not open_results:
        return _nothing(genes)
    if not counselled.whole:
        return CannotAssess("genetic counselling could not be read", counselled.failed)
    first = open_results[0]
    treatable = first.gene == "SOD1" and decided is None and not goals.end_of_life
    action = "a decision on tofersen" if treatable else "what it means for the family"
    told = f"{first.gene} pathogenic variant ({on(first.day)})"
    wanted = ("genetic-counselling", "family-talk", *(("tofersen-decision",) if treatable else ()))
    return Recommend(
        summary=f"{told}: post-test counselling and {action}",
        indicator="warning" if treatable else "info",
        because=tuple(_consequences(open_results, decided)),
        evidence=(*(r.entry for r in open_results), *((decided,) if decided else ())),
        criteria=tuple(r.gene for r in open_results),
        offers=tuple(Create(draft, reason=told) for draft in wanted),
    )


def _pathogenic(genes: Genes) -> Iterator[GeneResult]:
    """Pathogenic variants, that of SOD1 first; the diagnosis stands for a result of SOD1."""
    shown = genes.sod1_evidence
    if shown:
        yield GeneResult("SOD1", "pathogenic", shown)
    for result in genes.results:
        if result.verdict == "pathogenic" and result.gene != "SOD1":
            yield result


def _counselled_since(result: GeneResult, counselled: Entries) -> bool:
    """Whether counselling followed; of a result without a day nobody can tell."""
    return result.day is not None and bool(counselled.after(result.day))


def _nothing(genes: Genes) -> Outcome:
    unjudged = [r.gene for r in genes.results if r.verdict in ("present", "unclear")]
    if unjudged:
        return CannotAssess(f"the significance of a variant of {unjudged[0]} is not recorded")
    if not genes.whole:
        return CannotAssess("results of gene tests could not be read", genes.failed)
    if any(result.verdict == "uncertain" for result in genes.results):
        return NotIndicated("a variant of uncertain significance is not actionable")
    return NotIndicated("no pathogenic variant without counselling after it")


def _consequences(results: list[GeneResult], decided: Entry | None) -> Iterator[str]:
    for result in results[1:]:
        yield f"{result.gene} pathogenic variant ({on(result.day)})."
    yield "No counselling since the result is recorded."
    if results[0].gene == "SOD1":
        told = f"On record: {decided}." if decided else "No decision on tofersen is recorded."
        yield f"SOD1: tofersen is authorised for it. {told}"
