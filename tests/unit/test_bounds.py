"""How long the lists of a request may be."""

from typing import Any

import pytest

from cdshooks.errors import RequestTooLarge
from cdshooks.protocol import bounds, check_bounds

MOST = 3


def request(**members: Any) -> dict[str, Any]:
    return {"context": {}, "prefetch": {}} | members


def in_prefetch(count: int) -> dict[str, Any]:
    return request(prefetch={"a": None, "b": {"entry": [{}] * count}})


def in_context(name: str, count: int) -> dict[str, Any]:
    listed = ["a/1"] * count if name == "selections" else {"entry": [{}] * count}
    return request(context={name: listed})


@pytest.mark.parametrize(
    ("make", "most", "where"),
    [
        (in_prefetch, MOST, "prefetch"),
        (lambda n: request(prefetch=dict.fromkeys(map(str, range(n)))), 100, "prefetch"),
        (lambda n: in_context("draftOrders", n), bounds.MAX_DRAFTS, "context.draftOrders.entry"),
        (
            lambda n: in_context("appointments", n),
            bounds.MAX_APPOINTMENTS,
            "context.appointments.entry",
        ),
        (lambda n: in_context("selections", n), bounds.MAX_SELECTIONS, "context.selections"),
    ],
)
def test_a_list_may_have_its_most_and_not_one_more(make: Any, most: int, where: str) -> None:
    check_bounds(make(most), MOST)
    with pytest.raises(RequestTooLarge) as refused:
        check_bounds(make(most + 1), MOST)
    assert refused.value.where == where
    assert str(most) in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        4,
        {},
        {"prefetch": [1] * 9, "context": 4},
        {"prefetch": {"a": {"entry": 4}}},
        {"prefetch": {"a": "text" * 9}, "context": {"draftOrders": [{}] * 999}},
    ],
)
def test_what_has_another_form_is_left_to_its_reader(body: object) -> None:
    check_bounds(body, MOST)


def test_a_key_is_not_repeated_in_the_refusal() -> None:
    with pytest.raises(RequestTooLarge) as refused:
        check_bounds({"prefetch": {"canary-zq": {"entry": [{}] * 9}}}, MOST)
    assert "canary" not in str(refused.value)
