"""Random plants in slow motion, so that years pass over few parts: ageing, months, seasons of a tariff."""

from hypothesis import strategies as st
from random_plants import trees
from random_stations import AGEING

from models.checks import check_plant
from models.plant import Plant

SLOWER = 120
"""How many times as long everything takes."""
TIMES = {
    "cycle_time_s", "setup_time_s", "load_s", "unload_s", "transfer_s", "travel_s", "return_s", "pace_s",
    "interarrival_s", "first_s", "ttf_h", "ttr_h", "age_h", "duration_h", "max_wait_s", "after_s", "start_up_s",
    "every_h", "remaining_s", "walk_s", "install_d",
}  # fmt: skip
UNITLESS = ("cv", "shape", "stages", "weights", "weight", "then")


def slower(node, inside=False):
    """Return a part of a plant with every time so many times as long; per hour so many times as few."""
    if isinstance(node, dict):
        return {
            key: value if inside and key in UNITLESS
            else value / SLOWER if key in ("per_h", "demand_per_h")
            else moments(value) if key == "arrivals_s"
            else slower(value, inside or key in TIMES)
            for key, value in node.items()
        }  # fmt: skip
    if isinstance(node, list):
        return [slower(value, inside) for value in node]
    return node * SLOWER if inside and isinstance(node, int | float) else node


def moments(rows):
    return [row | {"time_s": row["time_s"] * SLOWER} if isinstance(row, dict) else row * SLOWER for row in rows]


@st.composite
def years(draw):
    """A plant whose machines age, over more than two years."""
    tree = slower(draw(trees(rich=draw(st.booleans()))))
    for entry in tree["schedule"]:
        if isinstance(entry["at"], int | float):
            entry["at"] *= SLOWER
    for line in tree["lines"]:
        for station in line["stations"]:
            if draw(st.booleans()):
                station |= {"ageing": draw(AGEING), "in_service_since": draw(st.sampled_from([2016, 2020, 2024]))}
    tree["run"]["horizon_h"] = 20_000
    check_plant(Plant.model_validate(tree))
    return tree
