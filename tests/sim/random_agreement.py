"""Blocks of random plants on which two engines are held against each other, and what is told where they part."""

import re
import traceback
from collections import Counter

from census import used
from engine_choice import OTHER
from engines import differences, played
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from shrink import smaller

from models.checks import check_plant
from models.plant import Plant
from scenarios.files import write_plant

MORE, MORE_BLOCKS = 50, 20
"""So many plants are drawn at a time, so often, to find what a block did not reach; played are those that bring it."""
SHRINKING_S = 60.0
"""How long a plant on which they part is made smaller."""


def parted(tree, engines=("simpy", OTHER)):
    """Return where two engines part on a plant, over the horizon and with the seed of its ``run``; nothing if not."""
    plant = Plant.model_validate(tree)
    stories = []
    for engine in engines:
        try:
            stories.append(played(engine, plant, plant.run.horizon_h, plant.run.seed))
        except Exception as error:  # whatever goes wrong inside an engine is to be shown with its plant
            return [f"{engine} breaks: {''.join(traceback.format_exception(error)[-3:]).rstrip()}"], []
    return differences(*stories), stories


def kind(found):
    """Return what kind of difference comes first: a plant that is made smaller is to keep it."""
    if not found:
        return ""
    if " breaks: " in found[0]:
        return found[0].splitlines()[-1]
    return re.sub(r"\d+", "", found[0].split(": ")[0])


def told(tree, engines=("simpy", OTHER), seconds=SHRINKING_S):
    """Return a plant on which they part as a plant file, made smaller, with the first differences."""
    at_first = kind(parted(tree, engines)[0])
    small = smaller(tree, lambda one: kind(parted(one, engines)[0]) == at_first, seconds)
    found = "\n".join(f"# {line}" for text in parted(small, engines)[0] for line in text.splitlines())
    text = write_plant(Plant.model_validate(small))
    return f"# {' and '.join(engines)} part on this plant (renewline simulate, with --engine):\n{text}{found}\n"


def agree(strategy, examples, number, wanted=frozenset(), engines=("simpy", OTHER)):
    """Hold two engines against each other on a block of random plants; return how often each feature occurred.

    Plants follow that bring what is wanted and was not in the block: rare things come together late.

    Args:
        strategy: Plants, as in a file.
        examples: How many.
        number: The block's seed.
        wanted: Features, see :func:`census.every` and :data:`HAPPENINGS`, that the block is to reach.
        engines: Which two.
    """
    seen = Counter()

    def compare(tree):
        plant = Plant.model_validate(tree)
        check_plant(plant)
        found, stories = parted(tree, engines)
        assert not found, told(tree, engines)
        seen.update(used(plant) | happened(stories[0]) | {"plants"})

    for tree in drawn(strategy, examples, number):
        compare(tree)
    for more in range(MORE_BLOCKS):
        for tree in drawn(strategy, MORE, number * 1000 + more) if wanted - set(seen) else ():
            if (used(Plant.model_validate(tree)) | HAPPENINGS) & (wanted - set(seen)):
                compare(tree)
    return seen


def drawn(strategy, examples, number):
    """Return random plants, the same for the same seed."""
    out = []

    @seed(number)
    @settings(
        max_examples=examples, deadline=None, database=None, phases=[Phase.generate], verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(tree=strategy)
    def draw(tree):
        out.append(tree)

    draw()
    return out


# what happened in a run

HAPPENINGS = {
    *(f"state {s}" for s in ("processing", "setup", "blocked", "starved", "standby", "start_up", "failed",
                             "maintenance", "waiting_crew", "installing", "holding", "heat_up", "off", "overtime",
                             "off_shift")),
    "lost", "scrap", "exit", "batch", "a visit again", "a long wait for people", "people asked for together",
    "stands for ever", "outside", "a renewal over", "a round walked",
}  # fmt: skip
"""What must have happened, besides being written in the plant file."""


def happened(story):
    """Return what a story shows of :data:`HAPPENINGS`."""
    out = {f"state {row['state']}" for row in story.states}
    for row in story.visits:
        out |= {row["to"]} & {"lost", "scrap", "exit"}
        out |= {"batch"} if row["batch"] is not None else set()
        out |= {"a visit again"} if row["visit"] > 1 else set()
    out |= {"stands for ever"} if "for ever" in story.ended else set()
    for counted in story.counted.values():
        record = counted["record"]
        for crew in record["crews"]:
            out |= {"a long wait for people"} if crew["waiting_time_h"] > 0 else set()
            out |= {"people asked for together"} if len(crew["in_use"]) > 2 and crew["in_use"][2] > 0 else set()
            out |= {"a round walked"} if crew.get("rounds_per_h", 0) > 0 else set()
        out |= {"a renewal over"} if any(row["back_h"] is not None for row in record["renewals"]) else set()
        out |= {"outside"} if any(s["outside"] for line in record["lines"] for s in line["sources"]) else set()
    return out
