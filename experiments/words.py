"""The words of results: machine states with their colours, carriers and quantities with their units."""

from typing import NamedTuple

from experiments.lang import mark


class State(NamedTuple):
    """A machine state as a reader meets it; one colour wherever it is drawn."""

    name: str
    colour: str


STATES = {
    "processing": State(mark("processing"), "#1f77c4"),
    "overtime": State(mark("overtime"), "#4a14dc"),
    "setup": State(mark("setup"), "#8fd0f5"),
    "start_up": State(mark("starting up"), "#6fe8b4"),
    "heat_up": State(mark("heating up"), "#e69f00"),
    "holding": State(mark("holding temperature"), "#f6dc85"),
    "blocked": State(mark("blocked"), "#5b2a86"),
    "starved": State(mark("starved"), "#c9cdd2"),
    "standby": State(mark("standby"), "#3a6262"),
    "waiting_crew": State(mark("waiting for a crew"), "#e07fc0"),
    "failed": State(mark("failed"), "#c43c10"),
    "maintenance": State(mark("maintenance"), "#00936b"),
    "installing": State(mark("installing"), "#15181c"),
    "off": State(mark("switched off"), "#6b3c38"),
    "off_shift": State(mark("outside shifts"), "#f7f7f7"),
}
"""In the order in which bars stack them: work, furnace, waiting, stops."""

OTHER = State(mark("per unit made"), "#8a9099")
"""Energy of no state: what documents call ``per_unit``, used with each part."""


class Quantity(NamedTuple):
    """What a number is: its name and unit; money is written in words of money."""

    name: str
    unit: str

    @property
    def is_money(self) -> bool:
        """Whether the number is in CNY."""
        return self.unit.split("/")[0] == "CNY"


CARRIERS = {
    "electricity_kwh": Quantity(mark("electricity"), "kWh"),
    "natural_gas_m3": Quantity(mark("natural gas"), "m³"),
    "coal_kg": Quantity(mark("coal"), "kg"),
    "steam_t": Quantity(mark("steam"), "t"),
    "compressed_air_m3": Quantity(mark("compressed air"), "m³"),
}

DIFFERENCES = {
    "output_per_y": Quantity(mark("output"), mark("parts/y")),
    "good_per_y": Quantity(mark("good output"), mark("parts/y")),
    "scrap_per_y": Quantity(mark("scrap"), mark("parts/y")),
    "kwh_per_y": Quantity(mark("electricity"), mark("kWh/y")),
    "natural_gas_m3_per_y": Quantity(mark("natural gas"), mark("m³/y")),
    "coal_kg_per_y": Quantity(mark("coal"), mark("kg/y")),
    "steam_t_per_y": Quantity(mark("steam"), mark("t/y")),
    "compressed_air_m3_per_y": Quantity(mark("compressed air"), mark("m³/y")),
    "energy_tce_per_y": Quantity(mark("energy in standard coal"), mark("tce/y")),
    "co2_t_per_y": Quantity(mark("CO2 emissions"), mark("t/y")),
    "energy_cost_cny_per_y": Quantity(mark("energy cost"), mark("CNY/y")),
    "running_cost_cny_per_y": Quantity(mark("running cost and stops"), mark("CNY/y")),
    "value_cny_per_y": Quantity(mark("margin less energy and running cost"), mark("CNY/y")),
}

LINE = {
    "throughput_per_h": Quantity(mark("output"), mark("parts/h")),
    "good_per_h": Quantity(mark("good output"), mark("parts/h")),
    "wip": Quantity(mark("work in progress"), mark("parts")),
    "lead_time_h": Quantity(mark("lead time"), "h"),
}
ENERGY = {
    "mean_power_kw": Quantity(mark("mean power"), "kW"),
    "peak_kw": Quantity(mark("peak power (15 min)"), "kW"),
    "kwh_per_unit": Quantity(mark("electricity per good part"), mark("kWh/part")),
    "kgce_per_unit": Quantity(mark("energy per good part"), mark("kgce/part")),
    "tce": Quantity(mark("energy in standard coal"), "tce"),
    "co2_t": Quantity(mark("CO2 emissions"), "t"),
    "cost_cny": Quantity(mark("energy cost"), "CNY"),
}

EXPLAINED = (
    mark("output margin"),
    mark("energy"),
    mark("running cost"),
    mark("tax"),
    mark("output margin less energy of processing"),
    mark("energy at the same output, stops and running cost"),
    mark("price, resale, tax saved and residual value"),
    mark("Gain in net present value"),
)
"""Names of the parts of a gain, as plan documents carry them."""

NOTES = (
    mark(
        "The prediction takes each station by itself and the line as quick as its slowest station, less what blocking "
        "and starving take today; the simulation lets stations wait for one another."
    ),
    mark(
        "The prediction counts a new machine from the first day of its period, less its installation; the simulation "
        "from the day on which it is ready, with its ramp-up."
    ),
    mark("{name}: in the last year the simulated output differs from the prediction by {off}."),
)
"""Sentences of plan documents, with places for names and numbers."""

STATUS = {
    "optimal": mark("proved best within the tolerance"),
    "feasible": mark("allowed, not proved best"),
    "infeasible": mark("no schedule keeps all rules"),
    "no_plan_yet": mark("stopped before a schedule was found"),
}
CHOICES = {
    "plan": mark("this schedule"),
    "baseline": mark("renew nothing"),
    "payback_ranking": mark("ranking by simple payback"),
    "own_capacity_ranking": mark("ranking by own capacity"),
    "own_list": mark("your own list"),
}
