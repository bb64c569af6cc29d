"""A real Chromium before a running demo, and a folder for what it saw."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from werkzeug.serving import make_server

from cdshooks.app import create_app
from cdshooks.settings import DemoSettings

HERE = Path(__file__).parent
AXE = HERE / "axe-4.14.1.min.js"
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
MISSING = "no Chromium here; on Debian or Ubuntu: apt-get install chromium"
WIDTHS = {"wide": 1280, "narrow": 390}
SHOTS = Path(__file__).parents[2] / "build" / "screenshots"

Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo with a store of its own: what one module accepts silences no other."""
    store = tmp_path_factory.mktemp("store") / "demo.db"
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    settings = DemoSettings(auth="off", database_url=f"sqlite:///{store}").at(url)
    server.app = create_app(settings)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield url
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip(MISSING)
    with playwright.sync_playwright() as running:
        # Root may not use the sandbox, and the pages are ours.
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any, demo: str) -> Iterator[Opened]:
    """Opens a page of the demo; at the end no page may have complained on its console."""
    complaints: list[str] = []
    contexts = []

    def open_page(path: str = "/", *, width: int = 1280, scheme: str = "light") -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(demo + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [said for said in complaints if not said.startswith("log:")] == []


@pytest.fixture
def shot() -> Callable[..., None]:
    """Keeps what a page looks like under a name: whole, or what fits the window."""
    SHOTS.mkdir(parents=True, exist_ok=True)

    def keep(page: Any, name: str, *, whole: bool = True) -> None:
        # Hiding the caret would leave inline styles, which the page's policy forbids.
        page.screenshot(path=SHOTS / f"{name}.png", full_page=whole, caret="initial")

    return keep


def violations(page: Any) -> list[str]:
    """What axe finds wrong on a page by WCAG 2.2 A and AA, one line each."""
    # Evaluated by the browser's debugger, which the page's policy does not bind.
    page.evaluate(AXE.read_text())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run({runOnly: tags})", tags)
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
