"""The report in a real browser: silent, alone, readable on a phone, printable on A4."""

import base64
import json
import re
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))  # made_documents also serves these tests

from made_documents import ZH, documents, translated
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from experiments.report import write_report

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
)  # fmt: skip
A4_WIDTH_PX = round((210 - 2 * 14) / 25.4 * 96)  # between the margins of the style sheet
BROWSER = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (BROWSER and DRIVER), reason="needs Debian's chromium and chromium-driver"),
]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = Options()
    options.binary_location = BROWSER
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


def long_names(document):
    """Return a document whose names are as long as a plant's may be, one of them without a place to break."""
    return translated(document, {name: f"{name} in hall number four (west)" for name in ZH} | {"washing": "W" * 40})


PAGES = {
    f"{kind}-{lang}": (lang, translated(document) if lang == "zh" else document)
    for kind, document in documents().items()
    for lang in ("en", "zh")
} | {"plan-long": ("en", long_names(documents()["plan"]))}


@pytest.fixture(scope="module", params=PAGES)
def page(request, browser, tmp_path_factory):
    """Open a report and return the browser with what it logged while loading."""
    lang, document = PAGES[request.param]
    path = write_report(document, tmp_path_factory.mktemp("page") / "report.html", lang)
    browser.get_log("performance")
    browser.get_log("browser")
    browser.get(path.as_uri())
    browser.logged = {name: browser.get_log(name) for name in ("browser", "performance")}
    return browser


def resize(browser, width, height=900, mobile=False):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile},
    )


def too_wide(browser):
    """Return how far the page goes beyond the window, and what sticks out without a scroller around it."""
    return browser.execute_script(
        """
        const limit = document.documentElement.clientWidth + 1;
        const scrolls = e => e && (getComputedStyle(e).overflowX == 'auto' || scrolls(e.parentElement));
        const out = [...document.body.querySelectorAll('*')].filter(
            e => e.getBoundingClientRect().right > limit && !e.closest('svg') && !scrolls(e));
        return [document.documentElement.scrollWidth - document.documentElement.clientWidth,
                out.slice(0, 5).map(e => e.tagName + ': ' + e.textContent.slice(0, 60))];
        """
    )


def test_the_console_stays_silent(page):
    assert page.logged["browser"] == []


def test_nothing_is_fetched_but_the_file(page):
    events = [json.loads(entry["message"])["message"] for entry in page.logged["performance"]]
    sent = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert len(sent) == 1
    assert sent[0].startswith("file://")


def test_a_phone_scrolls_down_only(page):
    resize(page, 390, 844, mobile=True)
    assert too_wide(page) == [0, []]
    size = page.execute_script("return parseFloat(getComputedStyle(document.querySelector('.answer p')).fontSize)")
    assert size >= 16


def test_a_desk_needs_no_scrolling_sideways(page):
    resize(page, 1200)
    assert too_wide(page) == [0, []]


def test_print_fits_the_width_of_a4(page):
    resize(page, A4_WIDTH_PX, 1000)
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert too_wide(page) == [0, []]
        heads = page.execute_script(
            "return [...document.querySelectorAll('thead')].map(e => getComputedStyle(e).display)"
        )
        assert set(heads) == {"table-header-group"}  # repeated on each page
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_it_prints_to_a4(page):
    page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    pdf = base64.b64decode(page.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert 1 <= len(boxes) <= 30
    for width, height in boxes:
        assert (float(width), float(height)) == pytest.approx((595.3, 841.9), abs=1)  # points


def test_charts_are_drawn_with_text_to_read(page):
    resize(page, 1200)
    sizes = page.execute_script(
        "return [...document.querySelectorAll('svg text')].map(e => e.getBoundingClientRect().height)"
    )
    assert len(sizes) > 20
    assert min(sizes) > 9  # px: a line of at least about 9 px
    outside = page.execute_script(
        """
        return [...document.querySelectorAll('svg text')].filter(e => {
            const box = e.closest('svg').getBoundingClientRect(), r = e.getBoundingClientRect();
            return r.left < box.left - 1 || r.right > box.right + 1 || r.bottom > box.bottom + 1 || r.top < box.top - 1;
        }).map(e => e.textContent)
        """
    )
    assert outside == []
