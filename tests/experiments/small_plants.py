"""Small plants whose figures can be worked out by hand; one part takes hours, so that years run in seconds."""

from typing import Any

from models.checks import check_plant
from models.plant import Plant

Tree = dict[str, Any]


def plant(*lines, products=({"name": "part", "margin_cny": 50},), **more):
    """Return a checked plant."""
    found = Plant.model_validate({"products": list(products), "lines": list(lines), **more})
    check_plant(found)
    return found


def line(*stations, name="line", source="saturated", **more):
    return {"name": name, "source": source, "stations": list(stations), **more}


def station(name, cycle_s, *options, buffer=2, **more):
    return {"name": name, "buffer": buffer, "cycle_time_s": cycle_s, "options": list(options), **more}


def option(name="new", capex=100_000, **more):
    return {"name": name, "capex_cny": capex, **more}


def renewal(**more):
    """Return three yearly periods without a leap year, one replication of the play-back."""
    return {"start": "2025-01", "years": 3, "period": "year", "replications": 1, **more}
