"""What the workbench's page is made of, for its template."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from cdshooks import examples
from cdshooks.chart import Search
from cdshooks.fhir.elements import Json
from cdshooks.http.html import address, frame, rendered
from cdshooks.http.workbench.calls import Sent
from cdshooks.http.workbench.plots import kinds, plot, sign, told
from cdshooks.http.workbench.state import State
from cdshooks.services import Service, services
from cdshooks.services.answer import Site
from cdshooks.services.asking import patients, request_body
from cdshooks.services.catalogue.plain import HOOKS
from cdshooks.services.workbench.chart import Chart
from cdshooks.services.workbench.explain import Verdict, verdicts
from cdshooks.services.workbench.orders import (
    Change,
    choices,
    directions,
    is_among,
    label,
    name_of,
)

USER = "Practitioner/workbench"
BOOKED_AHEAD = timedelta(days=14)
POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
SCRIPTS = ("htmx-2.0.11.min.js", "workbench.js")
TOURS = (
    ("bulbar-onset-fvc-falling", "patient-view", "Breathing falls: is NIV due?"),
    ("bulbar-onset-fvc-falling", "order-sign", "Sign riluzole at the wrong dose"),
    ("riluzole-start-without-liver-tests", "order-sign", "Start riluzole without liver tests"),
    ("acute-decompensation-on-admission", "encounter-start", "An admission short of breath"),
    ("quiet-stable-limb-onset", "patient-view", "A stable patient: silence"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that one page shows.

    told: what was just done, with the feedback that went out and what it changed.
    """

    state: State
    chart: Chart | None = None
    call: Sent | None = None
    did: str = ""
    feedback: Sent | None = None
    changes: tuple[Change, ...] = ()
    trouble: str = ""
    answering: bool = False

    @property
    def sent(self) -> tuple[Sent, ...]:
        """The requests behind this page, in the order of their sending."""
        return tuple(one for one in (self.feedback, self.call) if one is not None)

    @property
    def cards(self) -> list[Json]:
        """The cards of the call, if it was answered."""
        if self.call is None or not self.call.ok or self.call.answer is None:
            return []
        found: list[Json] = self.call.answer["cards"]
        return found


def request_of(state: State, bundle: Json, asked: tuple[Search, ...], today: date) -> Json:
    """The request of an EHR in this state; an appointment that is booked is in two weeks."""
    patient = next(iter(patients(bundle)))
    body = request_body(state.hook, bundle, patient, USER, state.drafts, asked)
    if state.hook == "appointment-book":
        body["context"]["appointments"] = _appointment(patient, today + BOOKED_AHEAD)
    return body


def _appointment(patient: str, day: date) -> Json:
    resource = {
        "resourceType": "Appointment",
        "id": "appointment-1",
        "status": "proposed",
        "start": f"{day.isoformat()}T09:00:00Z",
        "end": f"{day.isoformat()}T09:30:00Z",
        "participant": [{"actor": {"reference": f"Patient/{patient}"}, "status": "needs-action"}],
    }
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource}]}


def shown(page: Page, site: Site, listed: Mapping[str, str]) -> str:
    """The page as HTML."""
    around = frame(site.public_url)
    response = page.call.answer if page.call and page.call.ok else None
    found: dict[str, tuple[Verdict, ...]] = verdicts(response or {}, site.knowledge)
    return rendered(
        "workbench.html.j2",
        **around,
        bench_style=address(around["root"], "workbench.css"),
        scripts=[address(around["root"], name) for name in SCRIPTS],
        page=page,
        state=page.state,
        services=[(one, HOOKS.get(one.hook, one.hook)) for one in _by_hook()],
        listed=listed,
        story=_story(page.state.patient),
        tours=TOURS,
        products=list(choices(site.knowledge.base)),
        verdicts=found,
        functions=_Functions(),
    )


def _story(patient: str) -> str:
    """What an example shows; nothing for a chart that was pasted."""
    story = examples.stories().get(patient)
    return story.text if story else ""


_ORDER = (
    "patient-view",
    "order-select",
    "order-sign",
    "encounter-start",
    "encounter-discharge",
    "appointment-book",
)


def _by_hook() -> list[Service]:
    known = {service.hook: service for service in services()}
    return [known[hook] for hook in _ORDER if hook in known]


class _Functions:
    """What the template calls."""

    plot = staticmethod(plot)
    kinds = staticmethod(kinds)
    told = staticmethod(told)
    sign = staticmethod(sign)
    label = staticmethod(label)
    name_of = staticmethod(name_of)
    directions = staticmethod(directions)
    is_among = staticmethod(is_among)
