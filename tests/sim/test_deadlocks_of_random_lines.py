"""Deadlocks on random lines: an alarm is right, and a line that stands for ever raises one.

The alarm is noted and the run is played on, as it would go without (:class:`conserved.Played`).
"""

import pytest
from conserved import Played
from hypothesis import given, settings
from random_plants import plants
from test_conservation import QUICK, SLOW

LOOK_H, AGAIN_H = 150.2, 290.2
"""Between the two lies more than a weekend without people or shifts."""
AT_WORK = ("processing", "setup", "waiting_crew")
"""What restarts its part after each failure may never finish, but does not stand."""


def blocked(line):
    """The machines of a line with the part that waits there for a place."""
    return {(m, m.outlet.offered_part()) for m in line.machines if m.outlet.waits_for() is not None}


def may_never_fit(line):
    """Whether a part may be longer than any shift: that is no deadlock."""
    return any(m.shift is not None and (m.rig.shift_end == "fit" or m.rig.no_start_within_s) for m in line.machines)


def check_alarms(plant):
    played = Played(plant).play(LOOK_H)
    before = {line.name: blocked(line) for line in played.run.lines}
    seen = len(played.trace.visits)
    played.play(AGAIN_H)
    for name, (at, stations) in played.told.items():
        visits = [v for v in played.trace.visits if v["line"] == name and v["machine"] is not None]
        assert [v for v in visits if v["station"] in stations and v["leave_s"] > at] == []
    moved = {v["line"] for v in played.trace.visits[seen:] if v["machine"] is not None}
    moved |= {s["line"] for s in played.trace.states if s["state"] in AT_WORK and s["end_s"] > LOOK_H * 3600}
    for line in played.run.lines:
        stands = line.name not in moved and before[line.name] & blocked(line)
        assert not stands or line.name in played.told or may_never_fit(line), line.name
    return played.told


@given(plant=plants(renewals=False))
@settings(QUICK, max_examples=12)
def test_alarms_are_right_and_none_is_missing(plant):
    check_alarms(plant)


@pytest.mark.slow
@given(plant=plants())
@SLOW
def test_alarms_on_many_plants(plant):
    check_alarms(plant)
