"""What an outcome says of searches that did not answer."""

from datetime import date
from decimal import Decimal

from cdshooks.rules.authoring import Allergies, Entries, Missing, Reading, Why, failed_in

SNIP = Reading("snip", "SNIP", Decimal(60), "cmH2O", date(2026, 5, 1), age=31)
MIP = Missing("MIP", Why.UNREAD, "MIP could not be read", failed=("breathing", "scores"))


def test_searches_that_did_not_answer_are_named_once_in_the_order_of_what_was_read() -> None:
    drugs = Entries(whole=False, failed=("medications", "breathing"))
    allergies = Allergies(whole=False, failed=("allergies", "medications"))
    assert failed_in(MIP, drugs, allergies) == ("breathing", "scores", "medications", "allergies")
    assert failed_in(allergies, MIP) == ("allergies", "medications", "breathing", "scores")


def test_what_was_read_failed_nowhere() -> None:
    assert failed_in(SNIP, Entries(), Allergies()) == ()
    assert failed_in() == ()
