"""A real browser, where there is one."""

import os
import shutil

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="package")
def chromium():
    """Debian's Chromium, headless, started once for all tests of the page."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs the extra: pip install 'scorecam[browser]'")
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with sync_api.sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses to run as root inside its sandbox
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield browser
        browser.close()


class Visit:
    """A page that is open, and everything that must not have happened on it."""

    def __init__(self, page, file):
        self.page, self.file = page, file
        self.complaints, self.requests, self.dialogs = [], [], []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))

    def go(self, fragment=""):
        self.page.goto(self.file.resolve().as_uri() + fragment)
        self.page.wait_for_load_state("load")
        return self

    def outside(self):
        """Requests for anything but the page itself, what is written in it, and its own folder."""
        own = self.file.resolve().parent.as_uri()
        return [url for url in self.requests if not url.startswith((own, "data:", "about:blank"))]

    def order(self):
        """Names of the cards that can be seen, in their order."""
        return self.page.eval_on_selector_all(".card:not([hidden])", "cards => cards.map(card => card.dataset.key)")


@pytest.fixture
def visit(chromium):
    """Open a page: `visit(file, fragment, **settings of the browser's context)`."""
    contexts = []

    def open_page(file, fragment="", **settings):
        context = chromium.new_context(**settings)
        contexts.append(context)
        return Visit(context.new_page(), file).go(fragment)

    yield open_page
    for context in contexts:
        context.close()
