"""Play a short plant and read its trace as tables in hours, to be compared with tables written by hand."""

from engine_choice import chosen

from models.equipment import STATES
from models.plant import Plant
from sim.engine import open_run
from sim.program import lower
from sim.trace import Trace

H = 3600.0


class Played:
    """The trace of one replication, by the engine of the test."""

    def __init__(self, model, hours, seed=1):
        self.trace = Trace()
        self.run = open_run(chosen(), lower(Plant.model_validate(model)), seed, 0, self.trace)
        self.run.play(hours * H)

    def read(self):
        """What was counted so far."""
        return self.run.read()

    def line(self):
        """What was counted of the first line."""
        return self.read().lines[0]

    def machine(self, station=None, name="1"):
        """What was counted of a machine; default the first of all."""
        machines = {(s.name, m.name): m for line in self.read().lines for s in line.stations for m in s.machines}
        return machines[station, name] if station else next(iter(machines.values()))

    def state(self):
        """The state of the first machine now."""
        return STATES[self.machine().state]

    def waiting(self, station):
        """The parts that wait in front of a station at the end; the run is over then."""
        self.run.close()
        rows = [v for v in self.trace.visits if v["station"] == station and v["leave_s"] is None]
        return [v["part"] for v in rows if v["machine"] is None]

    def visits(self, station, columns="part enter start finish leave to"):
        """Rows of the parts that left after work, by part number; times in hours."""
        keys = [c if c in ("part", "to", "machine", "product") else f"{c}_s" for c in columns.split()]
        rows = [v for v in self.trace.visits if v["station"] == station and v["to"] != "lost"]
        rows.sort(key=lambda v: (v["part"], v["leave_s"]))
        return [tuple(v[k] / H if k.endswith("_s") and v[k] is not None else v[k] for k in keys) for v in rows]

    def states(self, station, machine="1"):
        """The stays that ended before the horizon; none of no length; parts worked on in a row are one stay."""
        rows = [s for s in self.trace.states if (s["station"], s["machine"]) == (station, machine)]
        stays = []
        for s in rows:
            state, start, end = s["state"], s["start_s"] / H, s["end_s"] / H
            if stays and stays[-1][0] == state and stays[-1][2] == start:
                stays[-1] = (state, stays[-1][1], end)
            elif end > start:
                stays.append((state, start, end))
        open_stay = STATES[self.machine(station, machine).state]
        return stays[:-1] if stays and stays[-1][0] == open_stay else stays


def station(name, cycle_h=None, buffer=None, **fields):
    work = {} if cycle_h is None else {"cycle_time_s": hours(cycle_h)}
    return {"name": name, "buffer": buffer} | work | fields


def hours(value):
    return {k: v * H for k, v in value.items()} if isinstance(value, dict) else value * H


def arrivals(*at_h, **fields):
    return {"arrivals_s": [t * H for t in at_h]} | fields


def play(until_h, *stations, source="saturated", mix=None, seed=1, line_fields=None, **fields):
    line = {"name": "l", "source": source, "stations": list(stations)} | ({"mix": mix} if mix else {})
    line |= line_fields or {}
    return Played({"lines": [line]} | fields, until_h, seed)


def renewal(at_h, option="new", machines=1, **fields):
    return {"line": "l", "station": "a", "option": option, "machines": machines, "at": at_h} | fields


def fails_at(at_h, lasts_h, **fields):
    """One failure, at an hour of the clock."""
    mode = {"clock": "calendar", "ttf_h": {"sequence": [at_h], "then": "never"}, "ttr_h": lasts_h}
    return {"failures": [mode | fields]}


def option(name="new", install_h=0.0, **fields):
    return {"name": name, "capex_cny": 1, "install_d": install_h / 24} | fields


TWO = {"products": [{"name": "p"}, {"name": "q"}]}
DAY = {"calendar": {"shifts": ["mon-sun 08:00-12:00"]}, "run": {"start": "2026-01-05T08:00"}}
"""Open 0-4 h, 24-28 h, 48-52 h, .."""
