"""What a running plant is made of: the records of the compiled engine.

A field that names another record, or a row of numbers, holds its ref. Times are in seconds since the start of the run;
``NOT_YET`` (-1) is a moment that has not come. Yes and no are 1 and 0.
"""

from sim.compiled_engine.memory import size
from sim.compiled_engine.records.counting import Active, Levels, Meter, Output, Period, Sample
from sim.compiled_engine.records.equipment import Heads, Machine, Rig
from sim.compiled_engine.records.flow import Feed, Line, Node, Part, Queue, Station, Way
from sim.compiled_engine.records.people import Crew, Need, Needs, Request, Roster, Walker
from sim.compiled_engine.records.run import Event, Stream, World
from sim.compiled_engine.records.stops import Cause, Shift, Stop, Swap

__all__ = [
    "CREW",
    "EVENT",
    "FEED",
    "LINE",
    "MACHINE",
    "NEED",
    "OUTPUT",
    "PERIOD",
    "QUEUE",
    "ROSTER",
    "SHIFT",
    "STATION",
    "SWAP",
    "WALKER",
    "WAY",
    "Active",
    "Cause",
    "Crew",
    "Event",
    "Feed",
    "Heads",
    "Levels",
    "Line",
    "Machine",
    "Meter",
    "Need",
    "Needs",
    "Node",
    "Output",
    "Part",
    "Period",
    "Queue",
    "Request",
    "Rig",
    "Roster",
    "Sample",
    "Shift",
    "Station",
    "Stop",
    "Stream",
    "Swap",
    "Walker",
    "Way",
    "World",
]

MACHINE, STATION, LINE = size(Machine), size(Station), size(Line)
EVENT, QUEUE, WAY, FEED = size(Event), size(Queue), size(Way), size(Feed)
OUTPUT, PERIOD, NEED, WALKER = size(Output), size(Period), size(Need), size(Walker)
SHIFT, ROSTER, SWAP, CREW = size(Shift), size(Roster), size(Swap), size(Crew)
"""Sizes of records that lie in rows."""
