"""What a run says about energy beyond amounts: how standard coal and CO2 count, load profile and peaks, levels."""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from experiments.lang import amount, mark
from experiments.report.parts import MISSING, Document, Table, Writer, joined
from experiments.report.svg import Chart, as_svg, drawing, shortened

CONVENTIONS = {
    "equivalent": mark("Standard coal counts electricity at its equivalent value (the heat of a kWh)."),
    "equal": mark("Standard coal counts electricity at its equal value (the fuel burnt to supply a kWh)."),
}
STANDINGS = {
    "better than benchmark": mark("better than benchmark"),
    "between": mark("between"),
    "below entry": mark("below entry"),
    "unknown": mark("unknown"),
}
COUNTED = {"all": "", "electricity": mark("electricity alone"), "coal": mark("coal alone")}
GRADES = {0: mark("grade 3 missed"), 1: mark("grade 1"), 2: mark("grade 2"), 3: mark("grade 3")}
BANDS = {
    mark("critical"): "#f3b8a5",
    mark("peak"): "#fae0c0",
    mark("flat"): "#ffffff",
    mark("valley"): "#d5ecdf",
    mark("deep valley"): "#aedcc4",
}
"""Colours of the bands by their usual names; other names take a colour of their own."""
OTHER_BANDS = ("#e4def0", "#dbe7f3", "#f1e6ee", "#e7ebd9")
MEAN, HIGHEST = "#1f77c4", "#8a9099"
PANELS = 4  # lines in one chart; more would not fit on a page
SLOTS, PER_HOUR = 96, 4


# --- how it counts ---


def conventions(run: Document, w: Writer) -> list[str]:
    """Return how standard coal and CO2 were counted, in sentences."""
    lines = run["lines"]
    used = dict.fromkeys(x["energy"].get("tce_convention") for x in lines)
    said = [w.t(CONVENTIONS[str(key)]) for key in used if key in CONVENTIONS]
    years = {y["year"]: y for x in lines for y in x["energy"].get("by_year", [])}
    borrowed = {y: row["factor_year"] for y, row in years.items() if row["factor_year"] not in (None, y)}
    if borrowed:
        text = w.t("{year} as {other}")
        found = joined((text.format(year=year, other=other) for year, other in borrowed.items()), w.t)
        said.append(w.t("Years without a grid factor of their own: {years}.").format(years=found))
    return said


def years(run: Document, w: Writer) -> Table:
    """Return electricity and its CO2 by calendar year, where the grid factor is dated."""
    columns = (*w.words("Line", "Year"), *w.numbers("Electricity (kWh)", "Grid factor (kg/kWh)", "CO2 (t)"))
    rows = [
        [x["name"], str(y["year"]), w.num(y["kwh"]), w.num(y["co2_kg_per_kwh"]), w.ci(y["co2_t"])]
        for x in run["lines"]
        for y in x["energy"].get("by_year", [])
        if y["factor_year"] is not None
    ]
    return Table(w.t("Electricity and its CO2 by year"), columns, rows)


# --- load profile ---


def profiles(run: Document, w: Writer) -> list[Chart]:
    """Return the mean and the highest power of each line by quarter hour of the day, over the tariff's bands."""
    lines = [x for x in run["lines"] if any(x["energy"].get("load_profile_kw", ()))]
    groups = (lines[i : i + PANELS] for i in range(0, len(lines), PANELS))
    return [_profile(group, f"load-{number}", w) for number, group in enumerate(groups)]


def _profile(lines: Sequence[Document], chart_id: str, w: Writer) -> Chart:
    title = w.t("Load profile: power by quarter hour of the day")
    text = w.t(
        "Mean over all days counted, and the highest quarter-hour mean found at that hour, mean over the replications. "
        "Shaded: the tariff band most often in force at that hour."
    )
    bands = list(dict.fromkeys(band for x in lines for band in x["energy"]["load_profile_band"]))
    colours = dict(zip((b for b in bands if b not in BANDS), OTHER_BANDS * len(bands), strict=False)) | BANDS
    with drawing(chart_id):
        height = 1.75 * len(lines) + 0.35
        figure = Figure(figsize=(9.0, height))
        panels = figure.subplots(len(lines), 1, squeeze=False, sharex=True)[:, 0]
        figure.subplots_adjust(0.075, 0.3 / height, 0.965, 1 - 0.25 / height, hspace=0.4)
        for axes, line in zip(panels, lines, strict=True):
            energy = line["energy"]
            _shade(axes, energy["load_profile_band"] if len(bands) > 1 else (), colours)
            axes.set_title(f"{shortened(line['name'], 6)} (kW)")
            _step(axes, energy["load_profile_highest_kw"], HIGHEST, 1.0)
            _step(axes, energy["load_profile_kw"], MEAN, 1.8)
            axes.set(xlim=(0, SLOTS), ylim=(0, 1.08 * max(energy["load_profile_highest_kw"]) or 1.0))
            axes.yaxis.set_major_locator(MaxNLocator(4))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: amount(round(value, 9), "", w.lang)))
            axes.set_xticks(range(0, SLOTS + 1, 4 * PER_HOUR))
            axes.set_xticklabels([f"{hour:02d}:00" for hour in range(0, 25, 4)])
        svg = as_svg(figure, chart_id, title, text)
    shades = tuple((colours[band], w.t(band)) for band in bands) if len(bands) > 1 else ()
    return Chart(title, text, svg, ((MEAN, w.t("mean power")), (HIGHEST, w.t("highest quarter hour")), *shades))


def _shade(axes: Axes, bands: Sequence[str], colours: dict[str, str]) -> None:
    for band, first, last in spans(bands):
        axes.axvspan(first, last, color=colours[band], linewidth=0)


def spans(bands: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    """Yield each band with the first quarter hour it holds and the first behind it.

    >>> list(spans(["flat", "flat", "peak"]))
    [('flat', 0, 2), ('peak', 2, 3)]
    """
    first = 0
    for slot in range(1, len(bands) + 1):
        if slot == len(bands) or bands[slot] != bands[first]:
            yield bands[first], first, slot
            first = slot


def _step(axes: Axes, values: Sequence[float], colour: str, width: float) -> None:
    axes.stairs(values, range(len(values) + 1), color=colour, linewidth=width, baseline=None)


def peaks(run: Document, w: Writer) -> Table:
    """Return the peak of each line: mean over the replications, the highest of all, when that came, by month."""
    columns = (
        *w.words("Line"),
        *w.numbers("Peak (kW)", "Highest of all replications (kW)"),
        *w.dates("On", "Month with the highest peak"),
    )
    rows = []
    for x in run["lines"]:
        energy = x["energy"]
        if energy.get("peak_at"):
            by_month = energy["peak_kw_by_month"]
            month = max(by_month, key=lambda m: by_month[m])
            highest = w.num(energy["peak_highest_kw"])
            rows.append([x["name"], w.ci(energy["peak_kw"]), highest, energy["peak_at"], month])
    note = w.t("Peak: highest mean power in a quarter hour by the clock, which the demand charge is counted from.")
    return Table(w.t("Peak power"), columns, rows, note)


# --- levels ---


def levels(run: Document, w: Writer) -> Table:
    """Return the specific energy of products against benchmark and entry level, with edition and grade."""
    columns = (
        *w.words("Product", "Level"),
        *w.numbers("Specific energy", "Benchmark level", "Entry level"),
        *w.words("Standing", "Edition and grade of evidence", "Limit standard"),
    )
    found = [(x, level) for x in run["lines"] for level in x["energy"].get("levels", [])]
    rows = [_level(line, level, w) for line, level in found]
    notes = [w.t("Levels count electricity at its equivalent value.")]
    if any(level["shared_by"] > 1 for _, level in found):
        notes.append(w.t("A line of several products shares its energy evenly by tonne or area over all of them."))
    return Table(w.t("Specific energy against benchmark and entry level"), columns, rows, " ".join(notes))


def levels_before_after(before: Document, after: Document, w: Writer) -> Table:
    """Return where the specific energy of products stood before and stands after, with edition and grade."""
    columns = (
        *w.words("Product", "Level"),
        *w.numbers("Before", "After", "Benchmark level", "Entry level"),
        *w.words("Standing", "Edition and grade of evidence", "Limit standard"),
    )
    rows = []
    for old, new in zip(before["lines"], after["lines"], strict=True):
        pairs = zip(old["energy"].get("levels", []), new["energy"].get("levels", []), strict=True)
        rows += [_level_pair(_level(old, was, w), _level(new, now, w)) for was, now in pairs]
    note = w.t("Levels count electricity at its equivalent value.")
    return Table(w.t("Specific energy against benchmark and entry level, before and after"), columns, rows, note)


def _level_pair(was: list[str], now: list[str]) -> list[str]:
    product, name, value, *levels, standing, edition, standard = was
    stands = standing if standing == now[5] else f"{standing} → {now[5]}"
    reached = now[-1].rpartition("; ")[2]
    grades = standard if standard == now[-1] else f"{standard} → {reached}"
    return [product, name, value, now[2], *levels, stands, edition, grades]


def _level(line: Document, level: Document, w: Writer) -> list[str]:
    name = level[f"name_{w.lang}"] or level["level"] or MISSING
    alone = COUNTED[level["counts"]]
    if alone:
        name = f"{name} ({w.t(alone)})"
    known = level["value"] is not None
    value = f"{w.ci(level['value'])} {level['unit']}" if known else level["unknown_because"]
    stands = STANDINGS[level["standing"]]
    standing = w.t(stands)
    if level["standing"] != "unknown" and not level["standing_certain"]:
        standing = w.t("{standing} (not certain: the interval crosses a level)").format(standing=standing)
    edition = " ".join(filter(None, (level["edition"], f"[{level['grade']}]" if level["grade"] else "")))
    return [
        f"{level['product']} ({line['name']})",
        name,
        value,
        *(w.num(level[key]) for key in ("benchmark_level", "entry_level")),
        standing,
        edition or w.t("not in the list of levels"),
        _standard(level, w),
    ]


def _standard(level: Document, w: Writer) -> str:
    """Return the limit standard, its grades, and which one is reached."""
    if not level["standard"]:
        return MISSING
    limits = " / ".join(w.num(most) for most in level["grades"])
    reached = level["grade_reached"]
    said = w.t(GRADES[reached]) if reached is not None else MISSING
    return f"{level['standard']} [{level['standard_grade']}]: {limits}; {said}"
