"""A page of another origin in a real browser, which sends what the public sandbox sends.

The browser itself decides what may be read: each call with a JSON body is preflighted.
"""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

pytestmark = pytest.mark.browser

SESSION = """
async demo => {
  const read = async (path, options) => {
    const reply = await fetch(demo + path, options);
    return [reply.status, await reply.json().catch(() => null)];
  };
  const post = (path, body) => read(path, {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body),
  });
  const fhir = {headers: {Accept: 'application/json+fhir'}};
  const [found, {services}] = await read('/cds-services');
  const [listed, patients] = await read('/fhir/Patient?_count=50', fhir);
  const [known, patient] = await read('/fhir/Patient/bulbara', fhir);
  const view = services.find(service => service.hook === 'patient-view');
  const prefetch = {};
  for (const [key, template] of Object.entries(view.prefetch)) {
    const query = template.replaceAll('{{context.patientId}}', patient.id);
    prefetch[key] = (await read('/fhir/' + query, fhir))[1];
  }
  const [answered, reply] = await post('/cds-services/' + view.id, {
    hookInstance: crypto.randomUUID(), hook: 'patient-view', fhirServer: demo + '/fhir',
    context: {patientId: patient.id, userId: 'Practitioner/COREPRACTITIONER1'}, prefetch,
  });
  const [card] = reply.cards;
  const sent = await fetch(demo + '/cds-services/' + view.id + '/feedback', {
    method: 'POST', headers: {'Content-Type': 'application/json'},
    body: JSON.stringify({feedback: [{
      card: card.uuid, outcome: 'accepted',
      acceptedSuggestions: [{id: card.suggestions[0].uuid}],
      outcomeTimestamp: new Date().toISOString(),
    }]}),
  });
  return {
    statuses: [found, listed, known, answered, sent.status],
    patients: patients.total, summary: card.summary,
  };
}
"""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """The address of an empty page that has nothing to do with the demo."""
    page = Response("<!doctype html><title>EHR</title>", content_type="text/html")
    server = make_server("127.0.0.1", 0, page, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_of_another_origin_opens_a_chart_and_accepts_what_a_card_offers(
    chromium: Any, demo: str, elsewhere: str
) -> None:
    page = chromium.new_page()
    page.goto(elsewhere)
    told = page.evaluate(SESSION, demo)
    page.close()
    assert told["statuses"] == [200, 200, 200, 200, 200]
    assert told["patients"] >= 27
    assert told["summary"].startswith("Consider NIV: FVC 46%")


@pytest.mark.parametrize("path", ["/cds-services", "/fhir/Patient/bulbara"])
def test_a_page_of_the_public_internet_that_is_not_the_sandbox_reads_nothing(
    chromium: Any, demo: str, path: str
) -> None:
    page = chromium.new_page()
    page.route("https://attacker.example/**", lambda route: route.fulfill(body="<p>hello"))
    page.goto("https://attacker.example/")
    ask = "url => fetch(url).then(() => 'read', () => 'refused')"
    assert page.evaluate(ask, demo + path) == "refused"
    page.close()
