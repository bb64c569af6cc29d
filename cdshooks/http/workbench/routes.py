"""The addresses of the workbench: one page to look at, and what its buttons do."""

from dataclasses import replace
from datetime import date

import orjson
from flask import Blueprint, Response, redirect, request
from werkzeug.exceptions import Forbidden, NotFound
from werkzeug.wrappers import Response as AnyResponse

from cdshooks.errors import RequestInvalid
from cdshooks.fhir.elements import Json
from cdshooks.http.clock import Clock
from cdshooks.http.html import html_reply
from cdshooks.http.memory import Memory
from cdshooks.http.workbench.calls import Kept, Sent, feedback, send
from cdshooks.http.workbench.page import POLICY, Page, request_of, shown
from cdshooks.http.workbench.patients import Patients
from cdshooks.http.workbench.state import State, read_list, state_of
from cdshooks.protocol import parse_request
from cdshooks.services import services
from cdshooks.services.answer import Site, searches
from cdshooks.services.asking import patients, resources
from cdshooks.services.workbench.chart import chart_of
from cdshooks.services.workbench.orders import applied, drafted, name_of, placed
from cdshooks.settings import Settings

CHART_HOOK = "patient-view"
"""The hook whose searches read the chart that is shown."""


def blueprint(site: Site, settings: Settings, clock: Clock, memory: Memory) -> Blueprint:
    """The workbench around a ``site``; ``clock`` says which day it is there."""
    pages = Blueprint("workbench", __name__)
    bench = _Bench(site, clock, memory)

    @pages.before_request
    def guard() -> None:
        # Another page of the same browser has no business here.
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise Forbidden
        # Flask's own limit for fields is less than a Bundle of some years.
        request.max_form_memory_size = settings.max_body_bytes

    @pages.after_request
    def dress(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        return response

    @pages.errorhandler(RequestInvalid)
    def invalid(problem: RequestInvalid) -> Response:
        page = Page(State(), trouble=f"This cannot be used: {problem}")
        return html_reply(bench.html(bench.called(page)), 400)

    @pages.get("/")
    def start() -> Response:
        return html_reply(bench.html(bench.called(Page(state_of(request.args)))))

    @pages.post("/workbench/chart")
    def paste() -> AnyResponse:
        name = bench.patients.paste(request.form.get("bundle", ""))
        return redirect(f"{request.root_path}/?patient={name}", 303)

    @pages.post("/workbench/call")
    def call() -> Response:
        return _reply(bench, Page(state_of(request.form)))

    @pages.post("/workbench/draft")
    def draft() -> Response:
        return _reply(bench, bench.drafted(state_of(request.form)))

    @pages.post("/workbench/remove")
    def remove() -> Response:
        state = state_of(request.form)
        gone = request.form.get("order", "")
        kept = tuple(one for one in state.drafts if name_of(one) != gone)
        return _reply(bench, Page(state.with_drafts(kept)))

    @pages.post("/workbench/accept")
    def accept() -> Response:
        return _reply(bench, bench.accepted(state_of(request.form)))

    @pages.post("/workbench/override")
    def override() -> Response:
        return _reply(bench, bench.overridden(state_of(request.form)))

    @pages.post("/workbench/forget")
    def forget() -> Response:
        return _reply(bench, bench.forgot(state_of(request.form)))

    @pages.get("/workbench/sent/<id>/<part>")
    def sent(id: str, part: str) -> Response:
        found = bench.kept.find(id)
        if found is None or part not in ("request", "response"):
            raise NotFound
        body = found.request if part == "request" else found.answer
        text = orjson.dumps(body, option=orjson.OPT_INDENT_2) if body is not None else b""
        return Response(text, content_type="application/json")

    return pages


def _reply(bench: "_Bench", page: Page) -> Response:
    """The page after something was done: the call is made again, and the focus is on what came."""
    return html_reply(bench.html(bench.called(replace(page, answering=True))))


class _Bench:
    """What the buttons do."""

    def __init__(self, site: Site, clock: Clock, memory: Memory) -> None:
        self.patients = Patients()
        self.kept = Kept()
        self._site = site
        self._full = replace(site, full_prefetch=True)
        self._clock = clock
        self._memory = memory

    def html(self, page: Page) -> str:
        """The page with the list of patients around it."""
        return shown(page, self._site, self.patients.listed())

    def called(self, page: Page) -> Page:
        """The page with its chart, and with the answer to the call where there is one to make."""
        bundle = self._bundle(page.state)
        whole = replace(page.state, hook=CHART_HOOK)
        wide = request_of(whole, bundle, searches(CHART_HOOK, self._full), self._today())
        chart = chart_of(parse_request(wide), self._full, self._clock())
        if not page.state.calls:
            return replace(page, chart=chart)
        asked = searches(page.state.hook, self._site)
        body = request_of(page.state, bundle, asked, self._today())
        return replace(page, chart=chart, call=self._send(page.state, "", body, page.state.hook))

    def drafted(self, state: State) -> Page:
        """The order of the form among the drafts."""
        patient = self._patient(state)
        order = drafted(state.form, patient, self._today(), self._site.knowledge.base)
        return Page(state.with_drafts(placed(state.drafts, order)))

    def accepted(self, state: State) -> Page:
        """The drafts with a suggestion carried out, and the client's report of it."""
        actions = read_list(request.form.get("actions", "[]"), "actions")
        drafts, changes = applied(state.drafts, actions, resources(self._bundle(state)))
        suggestion = request.form.get("suggestion", "")
        report = feedback(
            request.form.get("card", ""),
            "accepted",
            self._clock(),
            acceptedSuggestions=[{"id": suggestion}],
        )
        return Page(
            state.with_drafts(drafts),
            did=f"Accepted: {request.form.get('label', '')[:200]}",
            feedback=self._send(state, "/feedback", report, "feedback"),
            changes=changes,
        )

    def overridden(self, state: State) -> Page:
        """The same drafts, and the client's report of the reason."""
        reason = {"code": request.form.get("code", ""), "system": request.form.get("system", "")}
        given = {"reason": reason} if reason["code"] else {}
        comment = request.form.get("comment", "").strip()
        if comment:
            given["userComment"] = comment[:500]  # type: ignore[assignment]
        members = {"overrideReason": given} if given else {}
        report = feedback(request.form.get("card", ""), "overridden", self._clock(), **members)
        return Page(
            state,
            did=f"Overridden: {request.form.get('label', '')[:200]}",
            feedback=self._send(state, "/feedback", report, "feedback"),
        )

    def forgot(self, state: State) -> Page:
        """Nothing of this patient is silent any longer."""
        self._memory.forget(self._patient(state))
        return Page(state, did="Forgotten: every answer to a card of this patient")

    def _send(self, state: State, path: str, body: Json, what: str) -> Sent:
        service = next(one for one in services() if one.hook == state.hook)
        path = f"/cds-services/{service.id}{path}"
        return self.kept.keep(send(what, path, body, self._site.public_url))

    def _bundle(self, state: State) -> Json:
        found = self.patients.bundle(state.patient, self._today())
        if found is None:
            raise RequestInvalid(
                "patient", "an example, or a Bundle that was pasted since the start"
            )
        return found

    def _patient(self, state: State) -> str:
        return next(iter(patients(self._bundle(state))))

    def _today(self) -> date:
        return self._clock().astimezone(self._site.timezone).date()
