"""The replay in a real browser: the slider moves the picture, play runs, keys work, phone and print can read it."""

import json
import sys
import time
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait
from test_report_browser import A4_WIDTH_PX, browser, pytestmark, resize, too_wide  # noqa: F401 - fixture and marks

sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))

from made_documents import documents

from experiments.lang import translator
from experiments.report import write_report
from experiments.seen import see
from experiments.words import STATES as WORDS
from models.equipment import STATES
from models.plant import Plant

PLANT = {
    "products": [{"name": "shaft"}, {"name": "flange"}],
    "lines": [
        {
            "name": "shafts", "source": {"interarrival_s": {"exponential": 200}},
            "mix": {"sequence": ["shaft", "flange"], "lot": 5},
            "stations": [
                {"name": "sawing", "machines": 2, "buffer": None, "cycle_time_s": {"exponential": 300}},
                {"name": "turning in the long hall behind the gate", "machines": 3, "buffer": 6,
                 "cycle_time_s": {"exponential": 500}, "setup_time_s": 600,
                 "failures": [{"ttf_h": {"exponential": 2}, "ttr_h": {"exponential": 0.4}}],
                 "next": {"shaft": {"hardening": 0.9, "milling": 0.1}, "flange": "milling"}},
                {"name": "hardening", "kind": "batch", "machines": 2, "buffer": 40, "capacity": 12, "min_load": 8,
                 "max_wait_s": 3600, "cycle_time_s": 4000, "next": "grinding"},
                {"name": "milling", "machines": 2, "buffer": 0, "cycle_time_s": {"exponential": 300}},
                {"name": "grinding", "machines": 60, "buffer": None, "cycle_time_s": 9000, "scrap": 0.1,
                 "next": {"sawing": 0.05, "washing": 0.95}},
                {"name": "washing", "kind": "furnace", "buffer": 30, "places": 9, "pace_s": 60},
                {"name": "packing", "buffer": 3, "cycle_time_s": 100},
            ],
        },
        {"name": "covers", "source": "saturated", "mix": {"sequence": ["flange"]},
         "stations": [{"name": "press", "buffer": 0, "cycle_time_s": 60}, {"name": "paint", "buffer": 2,
                                                                          "cycle_time_s": {"exponential": 60}}]},
    ],
}  # fmt: skip
ZH = {
    "shafts": "轴类生产线",
    "sawing": "锯切",
    "milling": "铣削",
    "grinding": "磨削",
    "packing": "包装",
    "press": "冲压",
}


@pytest.fixture(scope="module", params=["en", "zh"])
def page(request, browser, tmp_path_factory):  # noqa: F811
    """Open a report with replays; the browser knows what was seen, its language, and what it logged."""
    text = json.dumps(PLANT, ensure_ascii=False)
    for en, zh in ZH.items() if request.param == "zh" else ():
        text = text.replace(f'"{en}"', f'"{zh}"')
    found = see(Plant.model_validate(json.loads(text)), 1, 12.0, 100.0)
    path = tmp_path_factory.mktemp("replay") / "report.html"
    write_report(documents()["simulate"], path, request.param, found)
    for name in ("performance", "browser"):
        browser.get_log(name)
    resize(browser, 1200)
    browser.get(path.as_uri())
    browser.seen, browser.lang = json.loads(json.dumps(found)), request.param
    return browser


def decoded(found, line, after_s):
    """Return what the list of events says, by signal, so long after the start."""
    events, tick = found["replay"]["lines"][line], 0
    values = list(events["initial"])
    flat = events["changes"]
    for later, which, by in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
        tick += later
        if tick * found["replay"]["tick_s"] > after_s + 1e-6:
            break
        values[which] = by if events["signals"][which][0] == "state" else values[which] + by
    return {tuple(signal): value for signal, value in zip(events["signals"], values, strict=True)}


def slide(page, line, time_s):
    page.execute_script(
        "const s = document.querySelector('#replay-' + arguments[0] + ' .slider');"
        "s.value = arguments[1]; s.dispatchEvent(new Event('input', {bubbles: true}));",
        line, time_s,
    )  # fmt: skip


def press(page, button):
    page.execute_script("arguments[0].scrollIntoView({behavior: 'instant', block: 'center'})", button)
    button.click()


def drawn(page, line):
    """Return what the picture shows: texts of buffers, colours and words of machines, numbers in them, counts."""
    return page.execute_script(
        """
        const root = document.querySelector('#replay-' + arguments[0]), all = q => [...root.querySelectorAll(q)];
        return {
            time: Number(root.dataset.time),
            front: all('[data-front]').map(e => e.textContent),
            machines: Object.fromEntries(all('[data-machine]').map(
                e => [e.dataset.machine, [e.getAttribute('fill'), e.querySelector('title').textContent]])),
            held: all('.held').map(e => Number(e.textContent)),
            counts: Object.fromEntries(all('[data-count]').map(e => [e.dataset.count, Number(e.textContent)])),
        };
        """,
        line,
    )


def check_picture(page, line):
    shown = drawn(page, line)
    values, first = decoded(page.seen, line, shown["time"]), decoded(page.seen, line, -1)
    for what in ("entered", "left", "scrapped"):
        assert shown["counts"][what] == values[what, None, None] - first[what, None, None]
    assert shown["counts"]["wip"] == values["wip", None, None]
    stations = page.seen["lines"][line]["stations"]
    for n, (station, text) in enumerate(zip(stations, shown["front"], strict=True)):
        if values["front", n, None] or station["places"]:
            assert str(values["front", n, None]) in text
        for m in range(len(station["machines"])):
            state = WORDS[STATES[values["state", n, m]]]
            colour, said = shown["machines"][f"{n}/{m}"]
            assert colour == state.colour
            assert translator(page.lang)(state.name) in said
    assert shown["held"] == [value for (what, _, _), value in values.items() if what == "held"]
    return shown


@pytest.mark.parametrize("line", [0, 1])
def test_the_slider_moves_the_picture(page, line):
    length_s = page.seen["replay"]["end_s"] - page.seen["replay"]["start_s"]
    assert length_s == 8 * 3600
    pictures = []
    for share in (0.0, 0.31, 0.999, 0.5, 0.02, 1.0, 0.0):  # forwards and back
        slide(page, line, share * length_s)
        pictures.append(check_picture(page, line))
    assert pictures[0] == pictures[-1]
    assert len({json.dumps(picture) for picture in pictures}) == 6


def test_the_clock_and_its_words_follow(page):
    slide(page, 0, 3600)
    slider = page.find_element(By.CSS_SELECTOR, "#replay-0 .slider")
    clock = page.find_element(By.CSS_SELECTOR, "#replay-0 .clock").text
    assert "2026-01-01 13:00:00" in clock
    assert "13.00" in clock
    assert slider.get_attribute("aria-valuetext") == "2026-01-01 13:00:00"


def test_play_runs_and_pauses(page):
    slide(page, 0, 0)
    Select(page.find_element(By.CSS_SELECTOR, "#replay-0 select")).select_by_value("1800")
    button = page.find_element(By.CSS_SELECTOR, "#replay-0 .play")
    t = translator(page.lang)
    assert button.get_attribute("aria-label") == t("Play")
    press(page, button)
    assert button.get_attribute("aria-label") == t("Pause")
    WebDriverWait(page, 20).until(lambda p: drawn(p, 0)["time"] > 1000)
    press(page, button)
    assert button.get_attribute("aria-label") == t("Play")
    stood = check_picture(page, 0)["time"]
    time.sleep(0.3)
    assert drawn(page, 0)["time"] == stood
    assert stood < 8 * 3600


def test_play_stops_at_the_end_and_begins_again(page):
    slide(page, 0, 8 * 3600 - 60)
    Select(page.find_element(By.CSS_SELECTOR, "#replay-0 select")).select_by_value("21600")
    button = page.find_element(By.CSS_SELECTOR, "#replay-0 .play")
    press(page, button)
    WebDriverWait(page, 20).until(lambda p: button.get_attribute("aria-label") == translator(p.lang)("Play"))
    assert drawn(page, 0)["time"] == 8 * 3600
    Select(page.find_element(By.CSS_SELECTOR, "#replay-0 select")).select_by_value("60")
    press(page, button)
    WebDriverWait(page, 20).until(lambda p: 0 < drawn(p, 0)["time"] < 4000)
    press(page, button)


def test_the_keyboard_is_enough(page):
    slide(page, 0, 0)
    slider = page.find_element(By.CSS_SELECTOR, "#replay-0 .slider")
    slider.send_keys(Keys.ARROW_RIGHT)
    assert check_picture(page, 0)["time"] == float(slider.get_attribute("step"))
    slider.send_keys(Keys.END)
    assert check_picture(page, 0)["time"] == 8 * 3600
    button = page.find_element(By.CSS_SELECTOR, "#replay-0 .play")
    button.send_keys(Keys.SPACE)
    assert button.get_attribute("aria-label") == translator(page.lang)("Pause")
    button.send_keys(Keys.SPACE)
    assert button.get_attribute("aria-label") == translator(page.lang)("Play")


def test_the_table_says_the_same_in_words(page):
    slide(page, 0, 5000)
    page.execute_script("document.querySelector('#replay-0 details').open = true")
    WebDriverWait(page, 5).until(lambda p: p.find_elements(By.CSS_SELECTOR, "#replay-0 .now tbody tr"))
    rows = page.execute_script(
        "return [...document.querySelectorAll('#replay-0 .now tbody tr')]"
        ".map(r => [...r.children].map(c => c.textContent))"
    )
    values = decoded(page.seen, 0, drawn(page, 0)["time"])
    stations = page.seen["lines"][0]["stations"]
    assert [row[0] for row in rows] == [station["name"] for station in stations]
    assert [int(row[1]) for row in rows] == [values["front", n, None] for n in range(len(stations))]
    for n, (station, row) in enumerate(zip(stations, rows, strict=True)):
        states = [STATES[values["state", n, m]] for m in range(len(station["machines"]))]
        for state in set(states):
            assert f"{states.count(state)} {translator(page.lang)(WORDS[state].name)}" in row[2]
    page.execute_script("document.querySelector('#replay-0 details').open = false")


def boxes(page):
    return page.execute_script(
        "const f = s => {const r = s.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]};"
        "const scene = document.querySelector('#replay-0 .scene');"
        "return [[...scene.querySelectorAll('.box')].map(f), f(scene),"
        "[...scene.querySelectorAll('text')].map(e => [e.textContent, ...f(e)])]"
    )


@pytest.mark.parametrize("width", [320, 360, 700, 1200, 1800])
def test_stations_wrap_to_the_width_there_is(page, width):
    resize(page, width, 844, mobile=width < 500)
    time.sleep(0.2)  # the page lays out again in the next frame
    assert too_wide(page) == [0, []]
    found, scene, texts = boxes(page)
    assert len(found) == 7
    for n, a in enumerate(found):
        assert scene[0] <= a[0] < a[2] <= scene[2]
        assert scene[1] <= a[1] < a[3] <= scene[3]
        for b in found[:n]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    for text, left, top, right, bottom in texts:
        assert scene[0] - 1 <= left, text
        assert right <= scene[2] + 1, text
        assert bottom - top > 9, text
    check_picture(page, 0)


def test_print_shows_the_moment_chosen_without_buttons(page):
    slide(page, 0, 7200)
    resize(page, A4_WIDTH_PX, 1000)
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        time.sleep(0.2)
        assert too_wide(page) == [0, []]
        for hidden in (".play", ".slider", ".speed"):
            assert not page.find_element(By.CSS_SELECTOR, f"#replay-0 {hidden}").is_displayed()
        assert "2026-01-01 14:00:00" in page.find_element(By.CSS_SELECTOR, "#replay-0 .clock").text
        assert page.find_element(By.CSS_SELECTOR, "#replay-0 .scene").is_displayed()
        check_picture(page, 0)
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_controls_have_names(page):
    resize(page, 1200)
    names = page.execute_script(
        """
        const names = e => e.getAttribute('aria-label') || [...(e.labels || [])].map(l => l.textContent).join() ||
            e.textContent;
        return [...document.querySelectorAll('.replay :is(button, select, input, summary, svg.scene)')].map(names);
        """
    )
    assert len(names) == 10
    assert all(name.strip() for name in names)


def test_the_console_stayed_silent_and_nothing_was_fetched(page):
    """Last of all: after everything above."""
    assert page.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    sent = [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]
    assert [url for url in sent if not url.startswith("file://")] == []
    assert len(sent) == 1
