"""Languages: every text has its Chinese, the choice of language, numbers with units and intervals."""

import math
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from experiments import lang
from experiments.lang import (
    amount,
    choose_language,
    fixed,
    money,
    money_with_interval,
    percent,
    translator,
    with_interval,
)

PACKAGE = Path(lang.__file__).parent
KEYWORDS = ("t", "mark", "words", "numbers", "dates")
"""Functions and methods whose texts are shown in the reader's language."""


def extracted():
    """Return all texts that code and templates mark for translation."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        with path.open("rb") as file:
            for _, _, messages, _ in extract_python(file, KEYWORDS, [], {}):
                texts = messages if isinstance(messages, tuple) else (messages,)
                found |= {text for text in texts if text}
    for path in PACKAGE.rglob("*.j2"):
        with path.open("rb") as file:
            found |= {text for _, _, text, _ in babel_extract(file, ("t",), [], {"trim_blocks": "true"}) if text}
    return found


def catalogue():
    with (PACKAGE / "locale/zh/LC_MESSAGES/renewline.po").open("rb") as file:
        return {message.id: message for message in read_po(file) if message.id}


def test_texts_are_found_in_code_and_templates():
    found = extracted()
    assert {"Schedule", "processing", "Available with carry-over", "The answer"} <= found


def test_every_text_has_its_chinese_and_no_entry_is_unused():
    entries = catalogue()
    assert sorted(extracted() - set(entries)) == []
    assert sorted(set(entries) - extracted()) == []
    assert [key for key, message in entries.items() if not message.string or message.fuzzy] == []


def test_the_chinese_has_the_same_places_for_numbers():
    def places(text):
        return sorted(re.findall(r"\{\w+\}", text))

    assert [key for key, m in catalogue().items() if places(key) != places(m.string)] == []


def test_the_chinese_is_chinese():
    latin_only = {key for key, m in catalogue().items() if not re.search(r"[\u3000-\u9fff\uff00-\uffef]", m.string)}
    assert latin_only <= {"OEE", "m³/y", "kWh/y", "kg/y", "t/y", "tce/y", "CNY", "CNY/y"}


def test_unknown_texts_stay_as_they_are():
    assert translator("zh")("a name in a plant file") == "a name in a plant file"
    assert translator("en")("Schedule") == "Schedule"


@pytest.mark.parametrize(
    ("option", "environ", "expected"),
    [
        (None, {}, "en"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
        (None, {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        (None, {"LC_ALL": "", "LC_MESSAGES": "zh_TW", "LANG": "en_GB"}, "zh"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
        ("zh", {}, "zh"),
    ],
)
def test_option_goes_before_locale(option, environ, expected):
    assert choose_language(option, environ) == expected


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="'fr' is not known; known: en, zh"):
        choose_language("fr", {})
    with pytest.raises(ValueError, match="'fr'"):
        translator("fr")


@pytest.mark.parametrize(
    ("mean", "half_width", "expected"),
    [
        (12.345, 0.42, "12.3 ± 0.4"),
        (12.345, 0.142, "12.35 ± 0.14"),
        (12.345, 0.096, "12.35 ± 0.10"),  # 0.096 rounds up to the next power of ten
        (-123_456.0, 2_345.0, "-123,000 ± 2,000"),
        (1.0e6, 14_999.0, "1,000,000 ± 15,000"),
        (0.0, 3.0, "0.0 ± 3.0"),
        (-0.04, 3.0, "0.0 ± 3.0"),
        (0.001234, 0.00005, "0.00123 ± 0.00005"),
        (7.0, 0.0, "7 ± 0"),
        (68.0, 234.0, "70 ± 230"),
        (93.75, 1.2e-13, "93.75 ± 0"),
        (7.25, None, "7.25 (no interval)"),
        (7.25, math.inf, "7.25 (no interval)"),
        (7.25, math.nan, "7.25 (no interval)"),
    ],
)
def test_intervals_are_rounded_to_their_own_digits(mean, half_width, expected):
    assert with_interval(mean, half_width, "en") == expected


@pytest.mark.parametrize(
    "half_width", [10**x * digit for x in range(-3, 6) for digit in (1.0, 1.4, 1.96, 2.5, 5.1, 9.4)]
)
def test_rounding_an_interval_loses_little(half_width):
    shown = float(with_interval(123.456, half_width, "en").split("±")[1].replace(",", ""))
    assert shown == pytest.approx(half_width, rel=0.21)


@pytest.mark.parametrize(
    ("cny", "english", "chinese"),
    [
        (1_234_567.0, "1.23 million CNY", "123 万元"),
        (987_654_321.0, "988 million CNY", "9.88 亿元"),
        (2.5e9, "2.5 billion CNY", "25 亿元"),
        (620_000.0, "620,000 CNY", "62 万元"),
        (-4_321.0, "-4,321 CNY", "-4,321 元"),
        (999_999.0, "1 million CNY", "100 万元"),
        (0.0, "0 CNY", "0 元"),
    ],
)
def test_money_is_said_in_the_units_of_each_language(cny, english, chinese):
    assert money(cny, "en") == english
    assert money(cny, "zh") == chinese


def test_money_and_its_interval_share_a_unit():
    assert money_with_interval(4_321_000.0, 152_000.0, "en") == "4.32 ± 0.15 million CNY"
    assert money_with_interval(4_321_000.0, 152_000.0, "zh") == "432 ± 15 万元"
    assert money_with_interval(20_000.0, 2_000_000.0, "en") == "0.0 ± 2.0 million CNY"
    assert money_with_interval(20_000.0, None, "en") == "20,000 CNY (no interval)"


def test_amounts_and_shares():
    assert amount(12_345.678, "kWh", "en") == "12,346 kWh"
    assert amount(3.0, "parts/h", "zh") == "3 件/h"
    assert amount(0.5, "", "en") == "0.5"
    assert percent(0.1234, "en") == "12.3 %"
    assert percent(0.1234, "zh", 0) == "12%"
    assert fixed(math.nan, 2) == "–"
