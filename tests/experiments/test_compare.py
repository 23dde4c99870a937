"""Before and after: every difference of a deterministic plant by hand, and what common streams save."""

import pytest
from small_plants import line, option, plant, station

from experiments.compare import compare, parse_changes, renewed
from models.errors import DataError
from sim.simulate import Settings

YEAR = Settings(seed=1, replications=2, horizon_h=8760, workers=1)


def compared(one, *texts, settings=YEAR):
    return compare(one, parse_changes(one, texts), settings)


def furnaces():
    """Return two ovens that make a part in 4 h each; the new one takes half the gas and time, and scraps nothing."""
    new = option(
        cycle_time_factor=0.5, capex=70_000, scrap=0.0, use_per_unit={"steam_t": 0.02},
        use_per_h={"natural_gas_m3": {"processing": 6}}, power_kw={"processing": 3},
    )  # fmt: skip
    gas, steam = {"natural_gas_m3": {"processing": 10}}, {"steam_t": 0.05}
    oven = station("oven", 14_400, new, machines=2, power_kw={"processing": 2}, use_per_h=gas, use_per_unit=steam)
    return plant(line(oven), products=[{"name": "part", "margin_cny": 60}])


def test_every_difference_by_hand():
    result = compared(furnaces())
    units = {"before": 2 * 8760 / 4, "after": 2 * 8760 / 2}
    kwh = {"before": 2 * 2 * 8760, "after": 2 * 3 * 8760}
    gas = {"before": 2 * 10 * 8760, "after": 2 * 6 * 8760}
    steam = {"before": 0.05 * units["before"], "after": 0.02 * units["after"]}

    def more(of):
        return of["after"] - of["before"]

    energy_cny = more(kwh) * 0.65 + more(gas) * 3.6 + more(steam) * 240
    by_hand = {
        "output_per_y": more(units),
        "scrap_per_y": 0,
        "kwh_per_y": more(kwh),
        "natural_gas_m3_per_y": more(gas),
        "steam_t_per_y": more(steam),
        "energy_tce_per_y": (more(kwh) * 0.1229 + more(gas) * 1.2143 + more(steam) * 128.6) / 1000,
        "co2_t_per_y": (more(kwh) * 0.641 + more(gas) * 2.1622 + more(steam) * 413.9) / 1000,
        "energy_cost_cny_per_y": energy_cny,
        "running_cost_cny_per_y": 0,
        "value_cny_per_y": 60 * more(units) - energy_cny,
    }
    found = {key: value["mean"] for key, value in result["difference"].items()}
    assert found == pytest.approx(by_hand)
    assert all(value["half_width"] == pytest.approx(0, abs=1e-6) for value in result["difference"].values())
    assert {key: value["mean"] for key, value in result["by_line"][0].items() if key != "name"} == found
    assert result["options"] == [
        {"line": "line", "station": "oven", "machines": 2, "option": "new", "capex_cny": 140_000}
    ]


def test_running_cost_and_stops_count_by_hand():
    """An attendant at 8,760 CNY a year goes; a stop at 50 CNY every 10 h of work and 0 h repair stays away."""
    new = option(running_cost_cny_per_y=0, failures=[])
    mode = {"ttf_h": 10, "ttr_h": 0, "cost_cny": 50}
    found = compared(plant(line(station("a", 3600, new, running_cost_cny_per_y=8760, failures=[mode]))))
    per_y = found["difference"]["running_cost_cny_per_y"]["mean"]
    assert per_y == pytest.approx(-8760 - 50 * 876)
    saved = found["difference"]["value_cny_per_y"]["mean"] + found["difference"]["energy_cost_cny_per_y"]["mean"]
    assert saved == pytest.approx(-per_y)


def test_a_year_is_8760_hours_whatever_the_horizon():
    whole = compared(furnaces())["difference"]
    short = compared(furnaces(), settings=Settings(1, 2, 1200, 200, 1))["difference"]
    for key, value in whole.items():
        assert short[key]["mean"] == pytest.approx(value["mean"], rel=0.01, abs=1), key


def test_some_of_the_machines():
    result = compared(furnaces(), "oven=new:1")
    assert result["difference"]["output_per_y"]["mean"] == pytest.approx(8760 / 2 - 8760 / 4)
    assert result["difference"]["natural_gas_m3_per_y"]["mean"] == pytest.approx(-4 * 8760)
    assert result["options"][0]["machines"] == 1


def two_offers():
    offers = option("a", capex=1, cycle_time_s=1800), option("b", capex=10, cycle_time_s=900)
    return plant(line(station("lathe", 3600, *offers, machines=3), station("saw", 100, option("c"), buffer=50)),
                 line(station("saw", 3600), name="other"))  # fmt: skip


def test_two_options_at_one_station_take_different_machines():
    result = compared(two_offers(), "lathe=a:1", "line/lathe=b:1")
    assert result["difference"]["output_per_y"]["mean"] == pytest.approx(8760 * (2 + 4 - 2), abs=8)
    machines = renewed(two_offers(), parse_changes(two_offers(), ("lathe=a:2", "lathe=b:1"))).lines[0].stations[0]
    assert [m.rig.cycle_s[""] for m in machines.machines] == [1800, 1800, 900]


def test_without_options_named_every_station_takes_its_first():
    changes = parse_changes(two_offers(), ())
    assert [(c.line, c.station, c.machines, c.option.name) for c in changes] == [
        ("line", "lathe", 3, "a"), ("line", "saw", 1, "c"),
    ]  # fmt: skip


def test_a_line_that_is_not_touched_does_not_change():
    result = compared(two_offers(), "lathe=b", settings=Settings(1, 2, 100, 0, 1))
    assert all(v["mean"] == 0 for key, v in result["by_line"][1].items() if key != "name")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lathee=a", ["--option lathee=a", "no such station", "line/lathe"]),
        ("saw=c", ["several stations", "line/saw"]),
        ("lathe=z", ["no option 'z'", "a, b"]),
        ("other/saw=z", ["no option 'z'", "none"]),
        ("lathe", ["no option ''"]),
        ("lathe=a:4", ["'4' machines", "1 to 3"]),
        ("lathe=a:0", ["'0' machines", "1 to 3"]),
        ("lathe=a:two", ["'two' machines", "1 to 3"]),
        ("lathe=a:-1", ["'-1' machines", "1 to 3"]),
    ],
)
def test_a_wrong_option_is_told(text, words):
    with pytest.raises(DataError) as told:
        parse_changes(two_offers(), (text,))
    assert len(told.value.problems) == 1
    assert all(word in str(told.value) for word in words), str(told.value)


def test_all_wrong_options_are_told_at_once():
    with pytest.raises(DataError) as told:
        parse_changes(two_offers(), ("lathe=z", "lathe=a", "mill=a", "line/saw=c:9"))
    assert len(told.value.problems) == 3


def test_more_machines_than_there_are():
    with pytest.raises(DataError, match="4 machines of lathe renewed so far; the station has 3"):
        parse_changes(two_offers(), ("lathe=a:2", "lathe=b:2"))


def test_the_same_streams_narrow_the_difference():
    """A repair a tenth shorter, on the same luck: what is left of the variance is a small part."""
    stops = {"ttf_h": {"exponential": 30}, "ttr_h": {"exponential": 10}}
    offer = option(failures=[{**stops, "ttr_h": {"exponential": 9}}])
    one = plant(line(station("lathe", 3600, offer, failures=[stops])))
    found = compared(one, settings=Settings(1, 12, 1000, 0, 1))["difference"]["output_per_y"]
    assert found["mean"] > 0
    assert found["variance_ratio"] < 0.2
    # Theory: 8760 h at 30/39 instead of 30/40; the first hours count little.
    assert found["mean"] == pytest.approx(8760 * (30 / 39 - 30 / 40), rel=0.5)


def test_changes_of_nothing_differ_in_nothing():
    stops = {"ttf_h": {"exponential": 30}, "ttr_h": {"exponential": 10}}
    one = plant(line(station("lathe", 3600, option(), failures=[stops], machines=2, scrap=0.1)))
    result = compared(one, settings=Settings(1, 3, 500, 0, 1))
    assert all(value["mean"] == 0 for value in result["difference"].values())


def test_same_seed_same_document_whatever_the_workers():
    stops = {"ttf_h": {"exponential": 30}, "ttr_h": {"exponential": 10}}
    one = plant(line(station("lathe", 3600, option(cycle_time_factor=0.5), failures=[stops])))
    alone, by_two = (compared(one, settings=Settings(4, 3, 300, 0, workers)) for workers in (1, 2))
    assert alone == by_two
