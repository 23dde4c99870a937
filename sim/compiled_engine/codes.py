"""Numbers that stand for names in the compiled rules."""

from __future__ import annotations

from models.energy import CARRIERS
from sim.account import STATE
from sim.order import LONGEST_Y
from sim.program import EXIT_AT, SCRAP_AT

__all__ = ["EXIT_AT", "SCRAP_AT"]

# states of a machine
N_STATES = len(STATE)
PROCESSING, SETUP, BLOCKED, STARVED = (STATE[s] for s in ("processing", "setup", "blocked", "starved"))
STANDBY, START_UP, OFF = (STATE[s] for s in ("standby", "start_up", "off"))
FAILED, MAINTENANCE, WAITING_CREW = (STATE[s] for s in ("failed", "maintenance", "waiting_crew"))
INSTALLING, OVERTIME, HOLDING = (STATE[s] for s in ("installing", "overtime", "holding"))
HEAT_UP, OFF_SHIFT = STATE["heat_up"], STATE["off_shift"]

N_CARRIERS = len(CARRIERS)
YEARS = LONGEST_Y + 2
"""Years of energy that are counted one by one: more than any run lasts."""

# phases of a part on a machine, as in the readable engine
EMPTY, PLACED, LOAD, SET_UP, KEEP, KEPT, WORK, UNLOAD, AWAY = range(9)

# kinds of station
KINDS = ("machine", "split", "assembly", "join", "batch", "transport", "furnace", "conveyor")
MACHINE, SPLIT, ASSEMBLY, JOIN, BATCH, TRANSPORT, FURNACE, CONVEYOR = range(8)
"""In this order: one part at a time, taken as it comes; made of several; charges; strokes."""

# what happens
(
    NOTHING, STRETCH_ENDS, OPERATING_DUE, CALENDAR_DUE, CALLED, STOP_ENDS, HEAD_RUNS, COMMISSION, SWAP_DUE, YEAR,
    SHIFT_OPENS, SHIFT_CLOSES, DUTY_BEGINS, DUTY_ENDS, ARRIVAL, WALKER_ARRIVES, PART_ARRIVES, IDLE_ENOUGH, STARTED_UP,
    HOT, LOOK_AGAIN,
) = range(21)  # fmt: skip

# how a stream goes on when its numbers are used up
MORE, CONSTANT, REPEAT, LAST = range(4)

# the order in which parts leave a buffer
FIFO, LIFO, BY_PRIORITY, RETURNS_FIRST, BY_PRODUCT = range(5)

# which machine takes the next part
LONGEST_IDLE, IN_ORDER, AT_RANDOM = range(3)

# how a source gives
SATURATED, ARRIVALS, PALLETS = range(3)
OWN_PRODUCT, IN_TURN, BY_SHARE = range(3)

# what becomes of the part in work, shift ends, ramp-up, clocks, policies
RESUME, RESTART, SCRAP_IT = range(3)
GO_ON, FINISH, FIT = range(3)
NO_RAMP_UP, BY_UNIT, BY_STAGE, BY_TIME = range(4)
ON_GRID, BY_AGE = 1, 2

# who came, when people are granted
FOR_PHASE, FOR_STOP, FOR_HEAD = range(3)

# where a request to a patrol waits
NOWHERE, AT_MACHINE, WITH_WALKER = range(3)

# what Python is asked for
(
    MORE_NUMBERS, NUMBER_BEYOND, MORE_EVENTS, MORE_PARTS, MORE_NODES, MORE_REQUESTS, MORE_STOPS, MORE_LEVELS,
    MORE_BINS, MORE_ARRIVALS, MORE_WINDOWS, MORE_DAYS, FIT_OUT, GROW_OLDER, TRACE_VISIT, TRACE_LOST, TRACE_STATE,
    TRACE_SERVED,
) = range(18)  # fmt: skip

# what went wrong
FINE, STANDSTILL, DEADLOCK, PYTHON = range(4)

NEVER = float("inf")
NOT_YET = -1.0
"""A moment that has not come; the moments of a run are 0 or later."""
NOBODY, NO_TICK = 0, -1
ANY_PRODUCT = -1
UNDECIDED = -3
"""Of a target: neither a station, nor out of the line (EXIT_AT, SCRAP_AT)."""
