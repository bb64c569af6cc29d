"""Garbage is collected between calls, and not in the midst of one."""

import gc
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.test import Client

from cdshooks.garbage import spare_the_collector
from cdshooks.http.collection import collected


class Circle:
    """Something that counting references never frees."""

    left = 0

    def __init__(self) -> None:
        self.itself = self
        Circle.left += 1

    def __del__(self) -> None:
        Circle.left -= 1


@pytest.fixture(autouse=True)
def spared() -> Iterator[None]:
    usual = gc.get_threshold()
    spare_the_collector()
    Circle.left = 0
    yield
    gc.set_threshold(*usual)
    gc.unfreeze()
    gc.collect()


def call_that_leaves(circles: int) -> int:
    """How many are there when the call ends; afterwards ``Circle.left`` are."""
    seen = []
    app = Flask("leaking")

    @app.get("/")
    def leak() -> str:
        for _ in range(circles):
            Circle()
        seen.append(Circle.left)
        return "done"

    assert Client(collected(app.wsgi_app)).get("/").status_code == 200
    return seen[0]


def test_what_a_call_leaves_behind_is_collected_once_it_has_ended() -> None:
    assert call_that_leaves(60_000) == 60_000
    assert Circle.left == 0


def test_little_is_left_until_more_has_come() -> None:
    assert call_that_leaves(20_000) == 20_000
    assert Circle.left == 20_000


def test_without_end_of_a_call_garbage_is_collected_all_the_same() -> None:
    for _ in range(1_200_000):
        Circle()
    assert Circle.left < 1_200_000
