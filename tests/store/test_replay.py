"""A token id is good for one use, in whichever process."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from cdshooks.errors import StoreUnavailable
from cdshooks.feedback import Store
from cdshooks.feedback.replay import Replays
from cdshooks.feedback.tables import replay
from tests.support.stores import NOW, rows

UNTIL = NOW + timedelta(minutes=5)


def test_only_the_first_use_is_the_first(store: Store) -> None:
    replays = Replays(store, lambda: NOW)
    assert replays.first_use("https://ehr.example.org", "one", UNTIL)
    assert not replays.first_use("https://ehr.example.org", "one", UNTIL)
    assert replays.first_use("https://ehr.example.org", "two", UNTIL)
    assert replays.first_use("https://other.example.org", "one", UNTIL)


def test_an_id_of_any_length_and_content_can_be_remembered(store: Store) -> None:
    replays = Replays(store, lambda: NOW)
    for jti in ("x" * 100_000, "\x00", "é\U0001f600", ""):
        assert replays.first_use("https://ehr.example.org", jti, UNTIL)
        assert not replays.first_use("https://ehr.example.org", jti, UNTIL)


def test_of_many_at_once_one_is_the_first(store: Store) -> None:
    replays = Replays(store, lambda: NOW)
    with ThreadPoolExecutor(8) as pool:
        first = list(pool.map(lambda _: replays.first_use("i", "one", UNTIL), range(40)))
    assert first.count(True) == 1


def test_ids_are_forgotten_once_their_tokens_are_over(store: Store) -> None:
    Replays(store, lambda: NOW).first_use("i", "one", UNTIL)
    later = Replays(store, lambda: UNTIL + timedelta(seconds=1))
    later.first_use("i", "two", UNTIL + timedelta(minutes=5))
    assert len(rows(store, replay)) == 1


def test_an_id_used_in_one_process_is_used_in_all(url: str, store: Store) -> None:
    # Forked after its parent has open connections: each side goes on with its own.
    assert Replays(store, lambda: NOW).first_use("i", "one", UNTIL)
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()

    def child() -> None:
        replays = Replays(store, lambda: NOW)
        answers.put([replays.first_use("i", jti, UNTIL) for jti in ("one", "two")])

    process = context.Process(target=child)
    process.start()
    process.join(20)
    assert answers.get() == [False, True]
    assert not Replays(store, lambda: NOW).first_use("i", "two", UNTIL)


def test_without_a_store_nothing_is_said() -> None:
    replays = Replays(Store("postgresql://cds@127.0.0.1:1/cds"), lambda: NOW)
    with pytest.raises(StoreUnavailable):
        replays.first_use("i", "one", UNTIL)
