"""The evidence pages: whole, escaped, well-formed, and behind every card's link."""

import json
import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cdshooks import rules
from cdshooks.app import create_app, site_of
from cdshooks.http.assets import assets
from cdshooks.http.html import rendered
from cdshooks.knowledge import base
from cdshooks.rules.authoring import Rule
from cdshooks.services.catalogue import as_json, describe, index, index_as_json
from cdshooks.services.catalogue.sample import Sample
from cdshooks.settings import Settings
from tests.support import calls

Json = dict[str, Any]
VOID = {"meta", "link", "br"}
KNOWLEDGE = base().profile("default")
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
JSON = {"Accept": "application/json"}


class Page(HTMLParser):
    """Reads a page strictly: an element that is not closed where it should be fails."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len({name for name, _ in attrs})
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@cache
def the_app() -> Flask:
    return calls.app()


@pytest.fixture
def browser() -> FlaskClient:
    return the_app().test_client()


@cache
def page(path: str) -> Page:
    response = the_app().test_client().get(path, headers={"Accept": BROWSER})
    assert response.status_code == 200
    return Page(response.text)


PATHS = ("/rules", *(f"/rules/{rule.id}" for rule in rules.load()))
each_rule = pytest.mark.parametrize("rule", rules.load(), ids=str)
each_path = pytest.mark.parametrize("path", PATHS)


@each_path
def test_a_page_is_well_formed_and_has_one_of_each_landmark(path: str) -> None:
    found = page(path)
    for tag in ("title", "h1", "main", "header", "footer"):
        assert len(found.all(tag)) == 1, tag
    assert found.all("html") == [{"lang": "en"}]


@each_path
def test_a_page_has_neither_script_nor_inline_style(path: str) -> None:
    found = page(path)
    assert found.all("script") == found.all("style") == []
    assert not any("style" in a or any(n.startswith("on") for n in a) for _, a in found.elements)


@each_path
def test_ids_are_used_once_and_what_points_to_them_finds_them(path: str) -> None:
    found = page(path)
    ids = [a["id"] for _, a in found.elements if "id" in a]
    assert len(ids) == len(set(ids))
    wanted = {a["href"][1:] for a in found.all("a") if (a["href"] or "").startswith("#")}  # type: ignore[index]
    wanted |= {a["aria-labelledby"] for _, a in found.elements if "aria-labelledby" in a}
    assert wanted <= set(ids)


@each_path
def test_every_table_has_a_caption_and_scrolls_inside_itself(path: str) -> None:
    found = page(path)
    regions = [a for a in found.all("div") if a.get("class") == "scroll"]
    assert len(found.all("table")) == len(found.all("caption")) == len(regions)
    assert all(a["tabindex"] == "0" and a["role"] == "region" for a in regions)
    assert all(a["scope"] in ("row", "col") for a in found.all("th"))


@each_path
def test_a_page_says_that_no_clinician_reviewed_it(path: str) -> None:
    assert "Not reviewed by a clinician." in page(path).text
    assert KNOWLEDGE.version in page(path).text


@each_rule
def test_a_page_shows_every_number_with_value_source_mark_and_day(rule: Rule) -> None:
    text = page(f"/rules/{rule.id}").text
    for number in describe(rule, KNOWLEDGE).numbers:
        parameter = number.parameter
        for part in (parameter.meaning, parameter.name, number.value, parameter.locator):
            assert part in text
        assert f"{number.mark[0].upper()}{number.mark[1:].lower()} ({parameter.mark})" in text
        for profile, value in number.elsewhere:
            assert f"{profile}: {value}" in text


@each_rule
def test_a_page_shows_every_source_with_its_link_and_what_was_read(rule: Rule) -> None:
    found = page(f"/rules/{rule.id}")
    links = {a["href"] for a in found.all("a")}
    for name, source in describe(rule, KNOWLEDGE).sources:
        assert source.citation in found.text
        assert source.status in found.text
        assert source.url in links or name == "product"


@each_rule
def test_a_page_shows_what_is_read_by_which_codes(rule: Rule) -> None:
    text = page(f"/rules/{rule.id}").text
    for read in describe(rule, KNOWLEDGE).reads:
        assert read.what in text
        for code in read.codes:
            assert f"{code.system} {code.code} {' '.join(code.display.split())}" in text


@each_rule
def test_a_page_shows_when_a_card_appears_and_when_none_does(rule: Rule) -> None:
    described = describe(rule, KNOWLEDGE)
    text = page(f"/rules/{rule.id}").text
    lines = (*described.says, *described.silent, *described.offers, *described.overrides)
    for line in (*lines, *(row.when for row in described.decisions)):
        assert line in text
    for question in described.questions:
        assert question.asks in text
        assert all(says in text for step in question.steps for says in step.says)


def test_the_list_names_every_rule_and_what_is_not_recorded() -> None:
    found, listed = page("/rules"), index(KNOWLEDGE)
    links = {a["href"] for a in found.all("a")}
    for described in listed.rules:
        assert f"/rules/{described.rule.id}" in links
        assert described.rule.title in found.text
    assert listed.not_captured
    assert all(what in found.text for what in listed.not_captured)


def test_every_link_between_pages_leads_somewhere(browser: FlaskClient) -> None:
    links = {a["href"] or "" for path in PATHS for a in page(path).all("a")}
    links |= {a["href"] or "" for path in PATHS for a in page(path).all("link")}
    for link in sorted(link for link in links if link.startswith("/")):
        assert browser.get(link).status_code == 200, link


@each_rule
def test_the_link_of_every_card_leads_to_a_page(rule: Rule, browser: FlaskClient) -> None:
    for path in (f"/rules/{rule.id}", f"/rules/{rule.id}/", f"/rules//{rule.id}"):
        assert browser.get(path).status_code == 200


def test_a_card_links_to_the_page_of_its_rule(
    browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    body = calls.recorded("order-sign-riluzole-once-daily")
    cards = calls.app().test_client().post(calls.path_of("order-sign"), json=body).get_json()
    links = [link["url"] for card in cards["cards"] for link in card["links"]]
    assert links
    for link in links:
        assert browser.get(link.removeprefix(calls.URL)).status_code == 200


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "text/html"),
        ("*/*", "text/html"),
        (BROWSER, "text/html"),
        ("text/html;q=0.5, application/json", "application/json"),
        ("application/json;q=0.5, text/html", "text/html"),
        ("application/json", "application/json"),
        ("application/*", "application/json"),
        ("text/html;q=0, application/json;q=0.1", "application/json"),
        ("image/png", "text/html"),
        ("not an accept header", "text/html"),
    ],
)
@pytest.mark.parametrize("path", ["/rules", "/rules/niv-consider"])
def test_the_client_chooses_between_page_and_json(
    path: str, accept: str | None, kind: str, browser: FlaskClient
) -> None:
    response = browser.get(path, headers={"Accept": accept} if accept else {})
    assert response.status_code == 200
    assert response.mimetype == kind
    assert "Accept" in response.vary


@each_rule
def test_json_says_what_the_description_says(rule: Rule, browser: FlaskClient) -> None:
    body = browser.get(f"/rules/{rule.id}", headers=JSON).get_json()
    assert body == json.loads(json.dumps(as_json(describe(rule, KNOWLEDGE))))


def test_json_lists_all_rules(browser: FlaskClient) -> None:
    body = browser.get("/rules", headers=JSON).get_json()
    assert body == json.loads(json.dumps(index_as_json(index(KNOWLEDGE))))
    assert {rule["id"] for rule in body["rules"]} == {rule.id for rule in rules.load()}


@pytest.mark.parametrize("path", ["/rules", "/rules/niv-consider", "/rules/none-such"])
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_nothing_can_be_framed_run_or_sniffed(path: str, accept: str, browser: FlaskClient) -> None:
    headers = browser.get(path, headers={"Accept": accept}).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_an_unknown_rule_is_not_found_and_not_repeated(browser: FlaskClient) -> None:
    path = "/rules/%3Cscript%3Ealert(1)%3E"
    as_page = browser.get(path)
    assert as_page.status_code == 404
    assert as_page.mimetype == "text/html"
    assert "alert" not in as_page.text
    assert "No such rule" in Page(as_page.text).text
    outcome = browser.get(path, headers=JSON)
    assert outcome.status_code == 404
    assert "Accept" in outcome.vary
    assert outcome.get_json()["resourceType"] == "OperationOutcome"
    assert outcome.get_json()["issue"][0]["code"] == "not-found"
    assert "alert" not in outcome.text


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_page_that_the_client_has_is_not_sent_again(accept: str, browser: FlaskClient) -> None:
    headers = {"Accept": accept}
    first = browser.get("/rules/niv-consider", headers=headers)
    assert re.fullmatch(f'"{KNOWLEDGE.version}-[0-9a-f]{{12}}"', first.headers["ETag"])
    again = browser.get(
        "/rules/niv-consider", headers={**headers, "If-None-Match": first.headers["ETag"]}
    )
    assert again.status_code == 304
    assert again.data == b""
    assert "Accept" in again.vary
    assert "Content-Security-Policy" in again.headers


def test_page_and_json_have_tags_of_their_own(browser: FlaskClient) -> None:
    tags = {
        browser.get("/rules", headers={"Accept": accept}).headers["ETag"]
        for accept in ("text/html", "application/json")
    }
    assert len(tags) == 2


def test_another_profile_has_another_tag_and_other_numbers() -> None:
    settings = Settings(auth="off", profile=("nice-uk",), today=calls.NOW)
    client = create_app(settings).test_client()
    response = client.get("/rules/niv-consider")
    assert base().profile("nice-uk").version in response.headers["ETag"]
    found = Page(response.text)
    assert "SNIP or MIP < 65 cmH2O in a man with a breathing symptom" in found.text
    assert "profile nice-uk." in found.text


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_are_only_read(method: str, browser: FlaskClient) -> None:
    response = browser.open("/rules", method=method.upper())
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]
    assert browser.head("/rules/niv-consider").status_code == 200


def test_addresses_follow_the_path_of_the_public_url() -> None:
    settings = Settings(auth="off", public_url="https://example.org/als/cds/", today=calls.NOW)
    client = create_app(settings).test_client()
    found = Page(client.get("/rules").text)
    assert found.all("link")[0]["href"] == f"/als/cds/static/{assets()['pages.css'].name}"
    assert "/als/cds/rules/niv-consider" in {a["href"] for a in found.all("a")}


def test_the_stylesheet_may_be_kept_for_good(browser: FlaskClient) -> None:
    name = assets()["pages.css"].name
    assert re.fullmatch(r"pages\.[0-9a-f]{12}\.css", name)
    response = browser.get(f"/static/{name}")
    assert response.mimetype == "text/css"
    assert response.data == (files("cdshooks") / "static" / "pages.css").read_bytes()
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` as WCAG 2 has it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [0, 1, 2], ids=["light", "dark", "print"])
def test_text_can_be_read_on_every_ground(scheme: int) -> None:
    text = (files("cdshooks") / "static" / "pages.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    assert len(blocks) == 3
    colours: dict[str, str] = {}
    for block in (blocks[0], blocks[scheme]):
        colours |= dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
    for ink in ("ink", "soft", "link", "critical", "warning", "info", "second", "third"):
        assert contrast(colours[ink], colours["paper"]) >= 4.5, ink
        assert contrast(colours[ink], colours["raised"]) >= 4.5, ink
    for ground in ("notice", "band", "wash", "added", "removed"):
        assert contrast(colours["ink"], colours[ground]) >= 4.5, ground
    for ground in ("wash", "band"):
        assert contrast(colours["link"], colours[ground]) >= 4.5
        assert contrast(colours["soft"], colours[ground]) >= 4.5
    assert contrast(colours["edge"], colours["paper"]) >= 3, "of what can be worked"


@pytest.mark.parametrize(
    "name", ["pages.css", "pages.000000000000.css", "..%2Fapp.py", "%2e%2e/app.py"]
)
def test_no_other_file_is_served(name: str, browser: FlaskClient) -> None:
    assert browser.get(f"/static/{name}").status_code == 404


def test_what_a_knowledge_file_says_is_escaped() -> None:
    rule = next(rule for rule in rules.load() if rule.id == "niv-consider")
    evil = '<script>alert("x")</script>'
    described = describe(rule, KNOWLEDGE)
    source = described.sources[0][1].model_copy(update={"label": evil, "url": f'x"{evil}'})
    changed = replace(
        described,
        rule=replace(rule, title=evil),
        says=(evil,),
        offers=(evil,),
        sources=(("evil", source),),
    )
    card = {"summary": evil, "detail": evil, "indicator": "info", "source": {"label": evil}}
    shown = Sample("nobody", "patient-view", card)
    values = {"root": "", "style": "/s.css", "icon": "/i.svg", "version": "1", "marks": {}}
    values |= {"sample": shown, "spoken": ""}
    text = rendered("rule.html.j2", rule=changed, **values)
    assert evil not in text
    assert Page(text).all("script") == []


def test_a_template_fails_rather_than_leaves_something_out() -> None:
    with pytest.raises(Exception, match="undefined"):
        rendered("unknown.html.j2")


def test_the_pages_of_a_site_are_those_of_its_profile() -> None:
    site = site_of(Settings(auth="off", profile=("captures-all",), today=calls.NOW))
    assert index(site.knowledge).not_captured == ()
    client = create_app(Settings(auth="off", profile=("captures-all",))).test_client()
    assert "Everything that the rules read is recorded" in client.get("/rules").text
