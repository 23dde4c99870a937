"""English and Chinese: texts by catalogue, numbers as a reader of either language expects them.

The English text is the key; ``locale/zh`` holds the Chinese. A text written as ``t("..")`` (``t`` a
:func:`translator`) or ``mark("..")`` is collected for the catalogue; a test finds those that lack Chinese.
"""

import math
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

LANGUAGES = ("en", "zh")
LOCALE = Path(__file__).parent / "locale"
Translate = Callable[[str], str]


def mark(text: str) -> str:
    """Return the text as it is; it goes into the catalogue and is translated where it is shown."""
    return text


def choose_language(option: str | None, environ: Mapping[str, str]) -> str:
    """Return the language asked for, or that of the locale, or English.

    Args:
        option: What ``--lang`` said, one of ``LANGUAGES``, or None.
        environ: The environment; ``LC_ALL`` goes before ``LC_MESSAGES`` before ``LANG``.

    Raises:
        ValueError: The option is no known language.

    >>> choose_language(None, {"LANG": "zh_CN.UTF-8"}), choose_language("en", {"LANG": "zh_CN.UTF-8"})
    ('zh', 'en')
    """
    if option is not None:
        return _known(option)
    locale = next((environ[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(key)), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def translator(lang: str) -> Translate:
    """Return the function that puts an English text into ``lang``; what it does not know stays as it is.

    >>> translator("en")("budget")
    'budget'
    """
    if _known(lang) == "en":
        return mark
    texts = _catalogue(lang)
    return lambda text: texts.get(text, text)


@cache
def _catalogue(lang: str) -> dict[str, str]:
    from babel.messages.pofile import read_po  # only who reads Chinese pays for it

    with (LOCALE / lang / "LC_MESSAGES" / "renewline.po").open("rb") as file:
        found = read_po(file)
    return {str(m.id): str(m.string) for m in found if m.id and m.string}


def _known(lang: str) -> str:
    if lang not in LANGUAGES:
        raise ValueError(f"language {lang!r} is not known; known: {', '.join(LANGUAGES)}")
    return lang


# --- numbers ---


class _Scale(NamedTuple):
    """A word for so many CNY, used from ``least_cny`` on."""

    least_cny: float
    unit_cny: float
    word: str


_SCALES = {
    "en": (_Scale(1e9, 1e9, "billion CNY"), _Scale(1e6, 1e6, "million CNY"), _Scale(0.0, 1.0, "CNY")),
    "zh": (_Scale(1e8, 1e8, "亿元"), _Scale(1e4, 1e4, "万元"), _Scale(0.0, 1.0, "元")),
}
_NO_INTERVAL = mark("(no interval)")


def amount(value: float, unit: str, lang: str, digits: int = 4) -> str:
    """Return a number to so many significant digits (whole numbers are never cut) and its unit.

    >>> amount(12345.678, "kWh", "en"), amount(0.0123456, "tce", "en"), amount(7.0, "d", "en")
    ('12,346 kWh', '0.01235 tce', '7 d')
    """
    text = _significant(value, digits)
    return f"{text} {translator(lang)(unit)}" if unit else text


def money(cny: float, lang: str, digits: int = 3) -> str:
    """Return an amount of money in the unit a reader would say.

    >>> money(1_234_567, "en"), money(620_000, "en"), money(-1_234_567, "zh")
    ('1.23 million CNY', '620,000 CNY', '-123 万元')
    """
    scale = _scale(cny, lang)
    return f"{_significant(cny / scale.unit_cny, digits)} {scale.word}"


def money_with_interval(mean_cny: float, half_width_cny: float | None, lang: str) -> str:
    """Return money with its interval, both in the same unit.

    >>> money_with_interval(1_234_567, 43_210, "en")
    '1.23 ± 0.04 million CNY'
    """
    half = _finite(half_width_cny)
    if half is None:
        return f"{money(mean_cny, lang)} {translator(lang)(_NO_INTERVAL)}"
    scale = _scale(max(abs(mean_cny), half), lang)
    return f"{with_interval(mean_cny / scale.unit_cny, half / scale.unit_cny, lang)} {scale.word}"


def with_interval(mean: float, half_width: float | None, lang: str) -> str:
    """Return ``mean ± half-width``, both rounded to where the half-width begins to be uncertain.

    That is its first digit; its second if the first is 1, or if it exceeds the mean, of which nothing would be left.
    A half-width of None or not a number (a single replication) is said in words.

    >>> with_interval(12.345, 0.42, "en"), with_interval(1234.5, 14.9, "en"), with_interval(5, 0, "en")
    ('12.3 ± 0.4', '1,234 ± 15', '5 ± 0')
    """
    half = _finite(half_width)
    if half is None:
        return f"{_significant(mean, 4)} {translator(lang)(_NO_INTERVAL)}"
    if half <= 1e-9 * abs(mean):  # all replications agree; what is left is rounding in the last bits
        return f"{_significant(mean, 4)} ± 0"
    exponent = math.floor(math.log10(half))
    decimals = -exponent + (half / 10**exponent < 1.95 or half > abs(mean))
    return f"{fixed(mean, decimals)} ± {fixed(half, decimals)}"


def percent(share: float, lang: str, decimals: int = 1) -> str:
    """Return a share of 1 in per cent.

    >>> percent(0.12345, "en"), percent(0.12345, "zh")
    ('12.3 %', '12.3%')
    """
    return f"{fixed(100 * share, decimals)}{' %' if lang == 'en' else '%'}"


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _scale(cny: float, lang: str) -> _Scale:
    # 999,999 would read "1,000,000 CNY" after rounding; half a thousandth lifts it to the next word
    return next(scale for scale in _SCALES[lang] if abs(cny) * 1.0005 >= scale.least_cny)


def _significant(value: float, digits: int) -> str:
    if value == 0 or not math.isfinite(value):
        return fixed(value, 0)
    decimals = digits - 1 - math.floor(math.log10(abs(value)))
    text = fixed(value, max(decimals, 0))
    return text.rstrip("0").rstrip(".") if "." in text else text


def fixed(value: float, decimals: int) -> str:
    """Return a number with so many decimals (negative: rounded before the point).

    >>> fixed(12345.678, 1), fixed(-0.04, 1), fixed(12345, -2)
    ('12,345.7', '0.0', '12,300')
    """
    if not math.isfinite(value):
        return "–"  # no such number
    text = f"{round(value, decimals):,.{max(decimals, 0)}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text
