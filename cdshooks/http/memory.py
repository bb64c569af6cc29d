"""The memory of this installation, as the endpoints use it: the store, its keys, its terms."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from cryptography.fernet import Fernet
from flask import g

from cdshooks.chart import View
from cdshooks.engine import Finding
from cdshooks.errors import SettingsInvalid, StoreUnavailable
from cdshooks.feedback import Keys, Store
from cdshooks.feedback.audit import Entry, Outcome
from cdshooks.feedback.migrate import check, stored_secret, upgrade
from cdshooks.feedback.model import Caller, Report
from cdshooks.feedback.prune import forget
from cdshooks.feedback.recorder import Recorder
from cdshooks.feedback.records import Call, Seal, snoozes_of, write_calls, write_reports
from cdshooks.feedback.terms import Terms
from cdshooks.http.clock import Clock
from cdshooks.protocol import HookRequest
from cdshooks.rules.authoring import Recommend
from cdshooks.security.policy import Policy
from cdshooks.services import Service
from cdshooks.services.answer import Answer, Site
from cdshooks.services.memory import issued, silenced, terms_of
from cdshooks.settings import Settings

HASH_KEY_NEEDED = (
    "CDSHOOKS_HASH_KEY: needed with PostgreSQL, 32 characters or more, "
    "the same for every process that uses this store"
)


class Memory:
    """Reads at once what silences advice, and writes calls down off the request's path."""

    def __init__(
        self, store: Store, keys: Keys, terms: Terms, clock: Clock, seal: Seal | None = None
    ) -> None:
        """seal: encrypts the comments of feedback; without it they are not kept."""
        self.store = store
        self.keys = keys
        self.recorder: Recorder[Call] = Recorder(partial(write_calls, store, terms))
        self._terms = terms
        self._clock = clock
        self._seal = seal

    def of(self, service: Service, request: HookRequest) -> "Remembered":
        """The memory as one call uses it."""
        return Remembered(self, service, request, _caller(), self._clock)

    def write_reports(self, service: str, reports: Sequence[Report]) -> None:
        """Writes feedback of the current caller; raises StoreUnavailable unless all is kept."""
        self.recorder.hurry()  # The card that it is about may still wait.
        write_reports(
            self.store,
            _caller(),
            service,
            reports,
            received=self._clock(),
            terms=self._terms,
            seal=self._seal,
        )

    def forget(self, patient: str) -> None:
        """Lets all advice about a patient of the current caller speak again; for a demo."""
        caller = _caller()
        forget(self.store, self.keys.patient(caller.client, caller.tenant, patient))


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is remembered of the patient of one call, and what of the call will be."""

    memory: Memory
    service: Service
    request: HookRequest
    caller: Caller
    clock: Clock

    def without_snoozed(self, findings: tuple[Finding, ...], view: View) -> tuple[Finding, ...]:
        """The findings without advice that earlier feedback silences; all if the store is down."""
        if not any(isinstance(finding.outcome, Recommend) for finding in findings):
            return findings
        try:
            snoozes = snoozes_of(self.memory.store, self._patient(), view.now)
            return silenced(findings, view, snoozes, self.memory.keys)
        except StoreUnavailable as outage:
            structlog.get_logger().warning("store unavailable", error=str(outage))
        except Exception as mistake:  # a card never goes missing for a mistake in its memory
            structlog.get_logger().error("memory failed", error=type(mistake).__name__)
        return findings

    def write(
        self, outcome: Outcome, knowledge: str, ms: float, answered: Answer | None = None
    ) -> None:
        """Hands the call and its cards over to be written down; never fails."""
        try:
            self.memory.recorder.put(self._call(outcome, knowledge, ms, answered))
        except Exception as mistake:  # nor does it for a mistake in writing it down
            structlog.get_logger().error("memory failed", error=type(mistake).__name__)
            self.memory.recorder.lost += 1

    def _call(self, outcome: Outcome, knowledge: str, ms: float, answered: Answer | None) -> Call:
        keys, context = self.memory.keys, self.request.context
        cards = answered.cards if answered else ()
        who = (self.caller.client, self.caller.tenant)
        entry = Entry(
            at=self.clock(),
            caller=self.caller,
            service=self.service.id,
            hook=self.service.hook,
            patient=self._patient(),
            user=keys.user(*who, context.user_id) if context.user_id else None,
            outcome=outcome,
            rules=tuple(dict.fromkeys(f.rule.id for card in cards for f in card.findings)),
            knowledge=knowledge,
            ms=round(ms, 2),
        )
        issues = issued(self.service, answered, entry, keys) if answered else ()
        return Call(entry, tuple(issues))

    def _patient(self) -> str:
        patient = self.request.context.patient_id
        return self.memory.keys.patient(self.caller.client, self.caller.tenant, patient)


def _caller() -> Caller:
    """The client of the current request; nobody in particular without authentication."""
    policy = g.get("policy")
    if not isinstance(policy, Policy):
        return Caller()
    return Caller.named(policy.issuer, policy.tenant)


def memory_of(site: Site, settings: Settings, clock: Clock) -> Memory:
    """The memory that the settings describe, ready to be used.

    An embedded store is brought up to date; another one only looked at. One that
    cannot be reached does not keep the service from starting. Raises
    SettingsInvalid or StoreInvalid for what only an operator can mend.
    """
    store = Store(settings.store_url)
    keys = Keys(_secret(store, settings))
    terms = terms_of(site.knowledge, site.timezone)
    if not store.embedded:
        try:
            check(store)
        except StoreUnavailable as outage:
            structlog.get_logger().error("store unavailable", error=str(outage))
    # Nothing of it may be open when the process is forked.
    store.close()
    return Memory(store, keys, terms, clock, _seal(settings))


def _secret(store: Store, settings: Settings) -> bytes:
    if store.embedded:
        try:
            upgrade(store)
            kept = stored_secret(store)
        except StoreUnavailable as problem:
            raise SettingsInvalid(
                f"CDSHOOKS_DATABASE_URL: the file cannot be used as a database: {problem}"
            ) from None
    elif settings.hash_key is None:
        raise SettingsInvalid(HASH_KEY_NEEDED)
    return settings.hash_key.get_secret_value().encode() if settings.hash_key else kept


def _seal(settings: Settings) -> Seal | None:
    if settings.comment_key is None:
        return None
    box = Fernet(settings.comment_key.get_secret_value())
    return lambda comment: box.encrypt(comment.encode())
