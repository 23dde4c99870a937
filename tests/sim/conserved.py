"""What must hold in any run, looked at from outside: by :mod:`test_conservation`, on random plants."""

import re
from collections import Counter

import pytest

from models.equipment import STATES
from models.errors import DataError
from sim import kpis
from sim.heat import wall_kw
from sim.program import lower
from sim.simpy_engine.batch import BatchMachine
from sim.simpy_engine.furnace import Furnace
from sim.simpy_engine.run import Run, Trace
from sim.tally import MOST_LEVELS, Levels

H = 3600.0
EXACT = {"rel": 1e-9, "abs": 1e-6}


class Played:
    """A run in which a deadlock is noted, while everything goes on as it would without the alarm."""

    def __init__(self, plant, trace=True, seed=7):
        self.plant = plant
        self.trace = Trace() if trace else None
        self.run = Run(lower(plant), seed, 0, self.trace)
        self.told = {}
        self.inside_before = [line.initial for line in self.run.lines]
        self.counted_from = 0.0
        for line in self.run.lines:
            self._listen(line)
        for crew in self.run.crews.values():
            crew.busy = Watched(crew, crew.busy)

    def _listen(self, line):
        look = line._look_for_deadlock

        def listened(now):
            if line.name in self.told:
                line._blocked = None
                return
            try:
                look(now)
            except DataError as error:
                self.told[line.name] = now, stations_of(error)

        line._look_for_deadlock = listened

    def play(self, until_h):
        self.run.play(until_h * H)
        return self

    def reset(self):
        """Count from now on."""
        self.run.reset()
        self.inside_before = [line.wip.value for line in self.run.lines]
        self.counted_from = self.run.clock.now

    @property
    def counted_s(self):
        return self.run.clock.now - self.counted_from

    def flushed(self):
        for line in self.run.lines:
            line.flush(self.run.clock.now)
        return self.run


def stations_of(error):
    """The stations that a deadlock names."""
    found = re.search(r"after the start: (.*) wait for each other for ever", str(error))
    assert found, error
    return set(found[1].split(" -> "))


class Watched(Levels):
    """How many people of a crew are busy: never more than are on duty when a service begins."""

    __slots__ = ("crew",)

    def __init__(self, crew, before):
        super().__init__()
        self.crew = crew
        Levels.change(self, 0.0, before.value)

    def change(self, now, by):
        assert by <= 0 or self.value + by <= self.crew.on_duty.value, self.crew.name
        super().change(now, by)
        assert self.value >= 0


# parts


def on_machine(machine):
    """How many parts are on a machine, by what it is."""
    held = len(machine.out)
    if isinstance(machine, Furnace):
        return held + len(machine._inside)
    return held + (len(machine._charge) if isinstance(machine, BatchMachine) else int(machine.part is not None))


def parts_are_all_there(played):
    """In = out + inside; what assembly and joining merge, or splitting makes, counted in between."""
    for line, before in zip(played.run.lines, played.inside_before, strict=True):
        offered, lost = (sum(getattr(feed, k) for feed in line.feeds) for k in ("offered", "lost"))
        left = sum(o.good + o.bad + o.scrapped for o in line.outputs.values())
        assert before + offered - lost == left + line.merged + line.wip.value
        inside = [len(s.queue) + sum(map(on_machine, s.machines)) for s in line.stations]
        assert [len(s.present()) for s in line.stations] == inside
        assert [s.number.value for s in line.stations] == inside
        assert line.wip.value == sum(inside) + line.on_the_way + sum(feed.waiting() for feed in line.feeds)
        numbers = Counter(p.number for s in line.stations for p in s.present())
        numbers.update(p.number for feed in line.feeds for p in feed._outside)
        assert max(numbers.values(), default=1) == 1


def kits_are_whole(played):
    """Each assembly and each joining takes as many parts as it should; only without warm-up and splitting."""
    for line in played.run.lines:
        if any(s.kind == "split" for s in line.stations):
            continue
        merged = 0
        for station in line.stations:
            rig = station.machines[0].rig
            size = {"assembly": sum(rig.inputs.values()), "join": rig.pieces}.get(station.kind, 1)
            here = visits_of(played, line, station)
            merged += (size - 1) * (len(here) + sum(on_machine(m) for m in station.machines))
        assert merged == line.merged


def places_are_enough(played):
    """No buffer holds more than its places; no machine more than it takes; no lot mixes with another."""
    for line in played.run.lines:
        starts = {line.program.stations[i.station].name for i in line.program.initial}
        later = line.program.before_service or any(m.rig.transfer_s for m in line.machines)
        for station in line.stations:
            # a machine kept for a part on its way may have stopped when that arrives: it waits at its door
            if station.kind != "assembly":
                assert len(station.queue) <= station.buffer + (len(station.machines) if later else 0)
            assert station.coming == len(station._kept) >= 0
            for product, queue in station.kits.of.items() if station.kind == "assembly" else ():
                assert len(queue) <= station.places[product]
            for machine in station.machines:
                assert on_machine(machine) <= most_on(machine)
            if (
                station.one_lot
                and station.kind in ("machine", "batch", "furnace", "transport")
                and station.name not in starts
            ):
                assert len({part.lot for part in station.present()}) <= 1


def most_on(machine):
    """How many parts a machine holds at most."""
    rig = machine.rig
    if isinstance(machine, Furnace):
        return -(-rig.places // rig.charge_every) + 1
    return {"split": rig.pieces}.get(machine.station.kind, rig.capacity if isinstance(machine, BatchMachine) else 1)


def visits_of(played, line, station):
    key = (line.name, station.name)
    return [v for v in played.trace.visits if (v["line"], v["station"]) == key and v["to"] != "lost"]


def visits_follow(played):
    """The moments of a visit are in order, and those of a part follow each other where it said it would go."""
    last = {}
    changing = {
        s.line.name for line in played.run.lines for s in line.stations if s.kind in ("split", "join", "assembly")
    }
    for row in played.trace.visits:
        moments = [row[k] for k in ("enter_s", "setup_start_s", "setup_end_s", "start_s", "finish_s", "leave_s")]
        known = [m for m in moments if m is not None]
        assert known == sorted(known), row
        if row["to"] == "lost" or row["line"] in changing:
            continue
        before = last.get((row["line"], row["part"]))
        if before is not None:
            assert before["to"] == row["station"] or before["to"] in ("exit", "scrap"), (before, row)  # or a pallet
            assert row["enter_s"] >= before["leave_s"], (before, row)
        last[row["line"], row["part"]] = row


def times_are_the_visits(played):
    """The number at a station, in the mean, is what its visits last together (Little, exactly)."""
    now = played.run.clock.now
    for line in played.run.lines:
        for station in line.stations:
            if station.kind in ("assembly", "join", "split"):
                continue
            done = sum(v["leave_s"] - v["enter_s"] for v in visits_of(played, line, station))
            open_ = sum(now - part.entered_s for part in station.present())
            assert station.number.area(now) == pytest.approx(done + open_, **EXACT)


def counts_are_the_visits(played):
    """Units, waiting times and lead times are counted once for each visit, and work once for each hour of it."""
    work = [STATES.index("processing"), STATES.index("overtime")]
    played.flushed()
    for line in played.run.lines:
        for output in line.outputs.values():
            assert output.lead.count == output.good
        for station in line.stations:
            here = visits_of(played, line, station)
            for machine in station.machines:
                made = sum(v["machine"] == machine.name for v in here)
                assert machine.units == made + len(machine.out)
                at_rest = machine.stays.state not in work and machine.age.commissioned_s is None
                if at_rest and not machine.stays.seconds[work[1]]:  # overtime is loading and driving back too
                    worked_s = sum(machine.stays.seconds[n] for n in work)
                    assert machine.operated_s == pytest.approx(worked_s, **EXACT)
            if station.kind != "split":
                waits = [v["start_s"] - v["enter_s"] for v in here if v["start_s"] is not None]
                begun = [p for m in station.machines for p in m.parts() if p.started_s is not None]
                waits += [part.started_s - part.entered_s for part in begun]
                assert station.waits.count == len(waits)
                waited_s = station.waits.total * H
                outside = any(feed.to == station.index for feed in line.feeds)  # there, that counts as waiting too
                assert waited_s >= sum(waits) - 1e-6 if outside else waited_s == pytest.approx(sum(waits), **EXACT)


# hours


def hours_add_up(played):
    """Every machine is in one state at a time, all the time; so are the shares of numbers."""
    run = played.flushed()
    now = run.clock.now
    for line in run.lines:
        for station in line.stations:
            for machine in station.machines:
                assert sum(machine.stays.seconds) == pytest.approx(played.counted_s, rel=1e-9)
                assert min(machine.stays.seconds) >= 0
            worked = sum(m.stays.seconds[STATES.index("processing")] for m in station.machines)
            for level, area in ((station.number, station.number.area(now)), (station.working, worked)):
                shares = level.shares(now)
                assert sum(shares) == pytest.approx(1)
                if len(shares) > MOST_LEVELS:
                    continue  # from here on values share one entry
                mean_s = sum(n * share for n, share in enumerate(shares)) * played.counted_s
                assert mean_s == pytest.approx(area, **EXACT)


def rows_are_the_hours(played):
    """Stays follow each other without gap or overlap; what lies after the warm-up is what was counted."""
    rows = {}
    for row in played.trace.states:
        rows.setdefault((row["line"], row["station"], row["machine"]), []).append(row)
    for machine in played.flushed().machines():
        stays = rows.get((machine.station.line.name, machine.station.name, machine.name), [])
        ends = [0.0, *(r["end_s"] for r in stays)]
        assert [r["start_s"] for r in stays] == ends[:-1]
        assert all(r["end_s"] >= r["start_s"] for r in stays)
        counted = dict.fromkeys(STATES, 0.0)
        counted[STATES[machine.stays.state]] += played.run.clock.now - max(ends[-1], played.counted_from)
        for row in stays:
            counted[row["state"]] += max(0.0, row["end_s"] - max(row["start_s"], played.counted_from))
            assert row["state"] != "processing" or row["part"] is not None or machine.station.kind in WITHOUT_A_PART
        assert list(counted.values()) == pytest.approx(machine.stays.seconds, **EXACT)


WITHOUT_A_PART = ("furnace", "conveyor", "transport")
"""A furnace holds several; a vehicle drives back empty."""

# people


def people_are_where_they_serve(played):
    """Who is busy serves something that is under way; the shares of time add up."""
    now = played.run.clock.now
    serving = Counter()
    for machine in played.run.machines():
        stop = machine.downtime.stop
        requests = [machine._request, stop and stop.request]
        requests += [s.request for heads in machine.stops.heads for s in heads.services()]
        for request in requests:
            if request is not None and request.grant is None:
                serving.update({crew.name: n for crew, n in request.taken.items()})
    for name, crew in played.run.crews.items():
        assert crew.busy.value == serving[name], name
        assert 0 <= crew.on_duty.value <= crew.size
        assert crew.waiting.value >= 0
        if now > played.counted_from:
            assert sum(crew.busy.shares(now)) == pytest.approx(1)


# energy


def record_of(played):
    """The figures of the run."""
    return kpis.record(played.run.read(), played.counted_s)


def figures_add_up(played):
    """Shares of scheduled time, hours with the overtime told twice, and energy by the meter and by the states."""
    counted_h = played.counted_s / H
    for line in record_of(played)["lines"]:
        energy = line["energy"]
        by_carrier, kwh = energy["by_carrier"], energy["by_carrier"]["electricity_kwh"]
        for carrier, by_state in energy["by_state"].items():
            assert sum(by_state.values()) == pytest.approx(by_carrier[carrier], **EXACT)
            by_station = sum(s["by_carrier"].get(carrier, 0.0) for s in line["stations"])
            assert by_station == pytest.approx(by_carrier[carrier], **EXACT)
        assert sum(energy["by_band_kwh"].values()) == pytest.approx(kwh, **EXACT)
        assert sum(year["kwh"] for year in energy["by_year"]) == pytest.approx(kwh, **EXACT)
        assert energy["peak_kw"] >= 0
        for station in line["stations"]:
            assert sum(station["states"].values()) == pytest.approx(1) or not any(station["states"].values())
            for machine in station["machine"]:
                hours = machine["hours"]
                assert sum(hours.values()) - hours["overtime"] == pytest.approx(counted_h, rel=1e-9)


def heat_balances(played):
    """Fuel x efficiency = load + walls + openings + heat-up; without warm-up, of machines not renewed."""
    for machine in played.flushed().machines():
        if machine.heating is None or machine.age.commissioned_s is not None:
            continue
        heat, use, stays = machine.rig.heat, machine.heating.use, machine.stays
        rates = machine.rig.rates_per_h.get(heat.carrier, [0.0] * len(STATES))
        hours = dict(zip(STATES, (s / H for s in stays.seconds), strict=True))
        used = sum(stays.amounts[heat.carrier]) - sum(h * r for h, r in zip(hours.values(), rates, strict=True))
        rows = [v for v in visits_of(played, machine.line, machine.station) if v["machine"] == machine.name]
        walls = sum(h * wall_kw(heat, state) for state, h in hours.items())
        least, most = (taken_up(played, machine, rows, all_) for all_ in (False, True))
        ups = [hours["heat_up"] * rate for rate in (use.heat_up_from_hold_per_h, use.heat_up_cold_per_h)]
        found = used * use.kwh_per_unit - walls
        assert least + min(ups) * use.kwh_per_unit <= found + 1e-6 + 1e-9 * abs(found)
        if not any(mode.part == "restart" for mode in machine.rig.failures):  # heated again
            assert found <= most + max(ups) * use.kwh_per_unit + 1e-6 + 1e-9 * abs(found)
        if heat.carrier not in machine.rig.per_good_unit:
            opened = stays.per_unit.get(heat.carrier, 0.0)
            assert opened == pytest.approx(use.per_charge * charges_begun(machine, rows), **EXACT)


def taken_up(played, machine, rows, all_):
    """Heat of the parts of these visits, in kWh; with ``all_`` also of what was spoilt, or is inside."""
    masses = {p.name: p.mass_kg for p in played.plant.products}
    whole = [v["product"] for v in rows if all_ or (v["to"] != "scrap" and v["finish_s"] > v["start_s"])]
    whole += [part.product for part in machine.parts()] if all_ else []
    return sum(machine.rig.heat.load_kwh(product, masses[product]) for product in whole)


def charges_begun(machine, rows):
    """How often the door was opened."""
    if machine.station.kind == "batch":
        return len({v["batch"] for v in rows} | {part.batch for part in machine.parts()})
    return len(rows) + len(machine.parts())
