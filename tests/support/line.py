"""The line from resources to a view or to findings, for tests of its middle."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from cdshooks import rules
from cdshooks.chart import View, as_prefetch, plan, read_chart
from cdshooks.knowledge import Knowledge, base
from cdshooks.protocol import Context, HookRequest
from cdshooks.rules.authoring import Input, Rule, rule
from cdshooks.rules.authoring.register import _rules
from tests.support import resources

Json = dict[str, Any]
TODAY = date(2026, 6, 1)
NOW = datetime(2026, 6, 1, 10, tzinfo=UTC)
UUID = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"


def view_of(
    found: Iterable[Json],
    inputs: Iterable[Input] = (),
    *,
    hook: str = "patient-view",
    orders: Iterable[Json] = (),
    selections: tuple[str, ...] = (),
    knowledge: Knowledge | None = None,
    prefetch: Json | None = None,
) -> View:
    """A chart that holds ``found``, with the searches that ``inputs`` and all rules need."""
    used = knowledge or base().profile("default")
    wanted = set(inputs).union(*(r.reads for r in rules.load()))
    searches = plan(wanted, used, full=True)
    everything = [resources.person("", TODAY), *found]
    sent = as_prefetch(searches, everything) if prefetch is None else prefetch
    drafted = tuple((None, order) for order in orders)
    context = Context("anna", "Practitioner/7", None, selections, drafted)
    request = HookRequest(hook, UUID, context, prefetch=sent)
    return read_chart(request, searches, used, NOW, UTC)


def made(function: Any, **changes: Any) -> Rule:
    """A rule of a test alone: registered, taken, and forgotten again."""
    values = {
        "title": "A rule of a test",
        "hooks": ("patient-view", "order-select", "order-sign"),
        "kind": "X",
        "group": "TEST",
        "sources": ("product",),
        "overrides": ("data-incorrect",),
        "needs_als": False,
    }
    rules.load()
    rule("rule-of-a-test", **(values | changes))(function)
    return _rules.pop("rule-of-a-test")
