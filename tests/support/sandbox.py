"""The public CDS Hooks Sandbox as a client: what it asks, in its shapes, under a browser's rules.

What it does is what its unmodified self was seen to do, and what its source says.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric import ec

Json = dict[str, Any]
ORIGIN = "https://sandbox.cds-hooks.org"
USER = "Practitioner/COREPRACTITIONER1"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_HTML = re.compile(r"(?<!\\)<[A-Za-z/!?]")
"""What it would put onto its page as it is: a tag that is not escaped."""
ICONS = frozenset({"info", "warning", "critical"})


class Blocked(AssertionError):
    """What a browser would not have let through."""


@dataclass(frozen=True)
class Browser:
    """Requests of a page of ``origin``: asks before what is not simple, reads what it may."""

    origin: str = ORIGIN

    def send(self, method: str, url: str, **sent: Any) -> requests.Response:
        """The answer that the page gets to see."""
        prepared = requests.Request(method, url, **sent).prepare()
        asks = self._asks(prepared)
        if asks:
            self._preflight(method, url, asks)
        reply = requests.request(
            method,
            url,
            data=prepared.body,
            headers={**sent.get("headers", {}), **_typed(prepared), "Origin": self.origin},
            allow_redirects=False,
            timeout=15,
        )
        if reply.headers.get("Access-Control-Allow-Origin") != self.origin:
            raise Blocked(f"{method} {url}: the page may not read the answer")
        return reply

    def _asks(self, prepared: requests.PreparedRequest) -> set[str]:
        """The headers for which a browser asks first."""
        wanted = {"authorization"} & {name.lower() for name in prepared.headers}
        if "json" in prepared.headers.get("Content-Type", ""):
            wanted.add("content-type")
        return wanted

    def _preflight(self, method: str, url: str, asks: set[str]) -> None:
        headers = {
            "Origin": self.origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": ",".join(sorted(asks)),
            # A public page that calls this machine.
            "Access-Control-Request-Private-Network": "true",
        }
        reply = requests.options(url, headers=headers, allow_redirects=False, timeout=15)
        told = reply.headers
        if reply.status_code not in (200, 204):
            raise Blocked(f"{url}: preflight answered {reply.status_code}")
        if told.get("Access-Control-Allow-Origin") != self.origin:
            raise Blocked(f"{url}: the origin is not allowed")
        if told.get("Access-Control-Allow-Private-Network") != "true":
            raise Blocked(f"{url}: a public page may not call this machine")
        allowed = _listed(told.get("Access-Control-Allow-Headers", ""))
        if asks - allowed or method.lower() not in _listed(told["Access-Control-Allow-Methods"]):
            raise Blocked(f"{url}: method or headers are not allowed")


def _typed(prepared: requests.PreparedRequest) -> dict[str, str]:
    type = prepared.headers.get("Content-Type")
    return {"Content-Type": type} if type else {}


def _listed(header: str) -> set[str]:
    return {one.strip().lower() for one in header.split(",")}


@dataclass
class Sandbox:
    """One open page of the sandbox, with its FHIR server, its patient and its services."""

    fhir: str
    discovery: str
    patient: Json = field(default_factory=dict)
    services: dict[str, Json] = field(default_factory=dict)
    browser: Browser = field(default_factory=Browser)
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP384R1()))

    def metadata(self) -> Json:
        """What a new FHIR server has to say before anything else is asked."""
        return self._read("metadata")

    def patients(self, query: str = "?_count=50") -> list[tuple[str, str]]:
        """The list to choose from: id and name, whose parts it takes for granted."""
        bundle = self._read(f"Patient{query}")
        assert bundle["total"] > 0
        found = [entry["resource"] for entry in bundle["entry"]]
        return [
            (one["id"], f"{' '.join(one['name'][0]['given'])} {one['name'][0]['family']}")
            for one in found
        ]

    def open_patient(self, id: str) -> None:
        """Loads a patient as the one whose chart is open."""
        patient = self._read(f"Patient/{id}")
        assert patient["name"][0]["given"][0]
        self.patient = patient

    def discover(self) -> None:
        """Reads the services; each is known by its address from then on."""
        headers = {"Accept": "application/json", "Authorization": self._token(self.discovery)}
        reply = self.browser.send("GET", self.discovery, headers=headers)
        assert reply.status_code == 200
        self.services = {f"{self.discovery}/{one['id']}": one for one in reply.json()["services"]}

    def call(self, hook: str, **context: Any) -> dict[str, Json]:
        """Calls every service of a hook; the response by its address."""
        of_hook = {url: one for url, one in self.services.items() if one["hook"] == hook}
        assert of_hook
        return {url: self._called(url, one, context) for url, one in of_hook.items()}

    def give_feedback(self, service: str, **entry: Any) -> None:
        """Tells a service what became of one of its cards."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        url = f"{service}/feedback"
        body = {"feedback": [{"outcomeTimestamp": at, **entry}]}
        headers = {"Accept": "application/json", "Authorization": self._token(url)}
        reply = self.browser.send("POST", url, json=body, headers=headers)
        assert reply.status_code == 200

    def prefetched(self, service: Json) -> Json:
        """What its templates lead to: by form, else by address; what fails has no key."""
        found = {}
        for key, template in service.get("prefetch", {}).items():
            filled = template.replace("{{context.patientId}}", self.patient["id"])
            type, mark, query = filled.partition("?")
            body = self._searched(type, query) if mark else self._try("GET", filled)
            if body:
                found[key] = body
        return found

    def _searched(self, type: str, query: str) -> Json | None:
        merged: dict[str, str] = {}
        for name, value in parse_qsl(query):
            # Of a parameter that is repeated it makes one list.
            merged[name] = f"{merged[name]},{value}" if name in merged else value
        form = self._try("POST", f"{type}/_search", data=merged)
        return form or self._try("GET", f"{type}?{urlencode(merged)}")

    def _called(self, url: str, service: Json, context: Json) -> Json:
        body: Json = {
            "hookInstance": str(uuid4()),
            "hook": service["hook"],
            "fhirServer": self.fhir,
            "context": {"patientId": self.patient["id"], "userId": USER, **context},
        }
        prefetch = self.prefetched(service)
        if prefetch:
            body["prefetch"] = prefetch
        headers = {"Accept": "application/json", "Authorization": self._token(url)}
        reply = self.browser.send("POST", url, json=body, headers=headers)
        # Anything else it shows as if there were no cards.
        assert reply.status_code == 200
        answer: Json = reply.json()
        assert answer
        return answer

    def _read(self, path: str) -> Json:
        body = self._try("GET", path)
        assert body is not None
        return body

    def _try(self, method: str, path: str, **sent: Any) -> Json | None:
        headers = {"Accept": "application/json+fhir"}
        reply = self.browser.send(method, f"{self.fhir}/{path}", headers=headers, **sent)
        return reply.json() if reply.status_code == 200 else None

    def _token(self, url: str) -> str:
        now = datetime.now(UTC)
        claims = {
            "iss": ORIGIN,
            "aud": url,
            "exp": now + timedelta(seconds=300),
            "iat": now,
            "jti": str(uuid4()),
        }
        header = {"kid": "a-key", "jku": f"{ORIGIN}/.well-known/jwks.json"}
        return f"Bearer {jwt.encode(claims, self.key, 'ES384', headers=header)}"


def draft(patient: str, drug: tuple[str, str] | None = None, *, signing: bool = False) -> Json:
    """The MedicationRequest of its Rx View: without drug as it opens, then one a day."""
    made: Json = {
        "resourceType": "MedicationRequest",
        "id": "request-123",
        "status": "draft",
        "subject": {"reference": f"Patient/{patient}"},
        "authoredOn": "2026-08-30",
    }
    if drug is None:
        return made
    code, name = drug
    made |= {
        "intent": "order",
        "category": {"coding": [{"system": "http://terminology.hl7.org/x", "code": "outpatient"}]},
        "medicationCodeableConcept": {
            "text": name,
            "coding": [{"code": code, "system": RXNORM, "display": name}],
        },
        "dosageInstruction": [
            {
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": {"value": 1, "code": "{pill}"}}],
            }
        ],
        "dispenseRequest": {"expectedSupplyDuration": {"value": 30, "unit": "days", "code": "d"}},
    }
    if not signing:
        made["reasonCode"] = {"text": "ALS", "coding": [{"code": "86044005"}]}
    return made


def ordered(*drafts: Json) -> Json:
    """The Bundle of its drafts, which lacks what R4 asks of one."""
    return {"resourceType": "Bundle", "entry": [{"resource": one} for one in drafts]}


def shown(answer: Json) -> list[Json]:
    """The cards that it can show; each must have what it relies on."""
    cards: list[Json] = answer["cards"]
    uuids = [card["uuid"] for card in cards]
    assert len(uuids) == len(set(uuids))
    for card in cards:
        assert card["indicator"] in ICONS
        assert card["summary"] and card["source"]["label"]
        assert all(one["label"] and one["uuid"] for one in card.get("suggestions", ()))
        assert all(one["display"] for one in card.get("overrideReasons", ()))
        assert all(one["type"] == "absolute" for one in card.get("links", ()))
        assert not _HTML.search(card.get("detail", ""))
    return cards


def applied(suggestion: Json) -> Json | None:
    """What pressing a suggestion changes on its screen: the first order that names a drug."""
    for action in suggestion.get("actions", ()):
        concept = action.get("resource", {}).get("medicationCodeableConcept", {})
        coded = (concept.get("coding") or [{}])[0].get("code")
        if action["type"] in ("create", "update") and concept.get("text") and coded:
            resource: Json = action["resource"]
            return resource
    return None
