"""The replay of a line in a page: the picture's plan, the list of events, and words; a script in the page plays it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from experiments.lang import mark
from experiments.report.parts import Writer
from experiments.report.time_chart import Clock, colour_of, in_order, lasting, name_of

Seen = Mapping[str, Any]
SPEEDS = (10, 60, 300, 600, 1800, 3600, 21_600)
"""Seconds of the line for a second of the viewer."""
WATCH_S = 90
"""A replay is offered at the speed at which it takes about so long."""
SLIDER_STEPS = 1200
COUNTS = {
    "entered": mark("came in"),
    "left": mark("came out"),
    "scrapped": mark("scrapped"),
    "wip": mark("in the line"),
}


@dataclass(frozen=True, slots=True)
class Replay:
    """One player in the page."""

    key: str
    title: str
    note: str
    length_s: float
    step_s: float
    speed: int
    speeds: Sequence[tuple[int, str]]
    counts: Sequence[tuple[str, str]]
    legend: Sequence[tuple[str, str]]
    data: str
    """JSON, safe inside a script element."""


def window_text(seen: Seen, w: Writer) -> list[str]:
    """Return what the section shows, in sentences."""
    clock = Clock(datetime.fromisoformat(seen["run_start"]), seen["start_s"], seen["end_s"], 0.0)
    text = w.t(
        "{span}, hours {start} to {end} of the run: the first replication of the run that this report is about, played "
        "again with the same seed."
    ).format(
        span=clock.span(seen["start_s"], seen["end_s"], w),
        start=w.num(seen["start_s"] / 3600, 6),
        end=w.num(seen["end_s"] / 3600, 6),
    )
    out = [text]
    if not seen["chosen"]:
        out.append(w.t("It begins with the first work after the warm-up; --window FROM-TO chooses other hours."))
    if seen["cut"]:
        out.append(w.t("So much happens in this window that it was ended early."))
    return out


def replays(seen: Seen, w: Writer) -> list[Replay]:
    """Return a player for each line."""
    return [_replay(seen, number, w) for number in range(len(seen["lines"]))]


def _replay(seen: Seen, number: int, w: Writer) -> Replay:
    played, line = seen["replay"], seen["lines"][number]
    length_s = played["end_s"] - played["start_s"]
    wanted = next((s for s in SPEEDS if length_s / s <= WATCH_S), SPEEDS[-1])
    per_second = w.t("{time} per second")
    events = played["lines"][number]
    states = in_order([seen["states"][s] for s in sorted(_states_of(events))])
    return Replay(
        key=f"replay-{number}",
        title=w.t("Replay of {line}").format(line=line["name"]),
        note=_note(played, w),
        length_s=round(length_s, 1),
        step_s=max(1, round(length_s / SLIDER_STEPS)),
        speed=wanted,
        speeds=[(s, per_second.format(time=lasting(s, w))) for s in SPEEDS],
        counts=[(key, w.t(name)) for key, name in COUNTS.items()],
        legend=[(colour_of(s), name_of(s, w)) for s in states],
        data=_data(seen, number, w),
    )


def _note(played: Seen, w: Writer) -> str:
    said = [
        w.t(
            "Each box is a station: the bar is its buffer with the parts waiting in front, each square a machine in "
            "the colour of its state; a number in it counts the parts inside. Parts are counted from the window's "
            "start."
        )
    ]
    if played["end_s"] < played["wanted_s"]:
        hours = w.num((played["end_s"] - played["start_s"]) / 3600, 3)
        said.append(w.t("So much happens that the replay was cut to {hours} h.").format(hours=hours))
    if played["tick_s"] >= 1:
        tick = lasting(played["tick_s"], w)
        said.append(w.t("Changes that do not last {time} are not shown.").format(time=tick))
    return " ".join(said)


def _states_of(events: Seen) -> set[int]:
    """Return the states that are ever shown."""
    at = {k for k, (what, _, _) in enumerate(events["signals"]) if what == "state"}
    flat = events["changes"]
    return {events["initial"][k] for k in at} | {
        flat[i + 2] for i in range(0, len(flat), 3) if flat[i + 1] in at
    }  # fmt: skip


def _data(seen: Seen, number: int, w: Writer) -> str:
    played, line = seen["replay"], seen["lines"][number]
    data = {
        "run_start": seen["run_start"],
        "start_s": played["start_s"],
        "end_s": played["end_s"],
        "tick_s": played["tick_s"],
        "stations": [
            {**station, "rank": rank}
            for station, rank in zip(line["stations"], ranks(len(line["stations"]), line["links"]), strict=True)
        ],
        "links": line["links"],
        "enters_at": line["enters_at"],
        "states": [[name_of(s, w), colour_of(s)] for s in seen["states"]],
        "words": {
            "play": w.t("Play"), "pause": w.t("Pause"), "hours": w.t("{h} h since the start of the run"),
            "waiting": w.t("{n} waiting"), "places": w.t("{n} of {places} waiting"), "in": w.t("in"),
            "out": w.t("out"), "scrap": w.t("scrap"), "always": w.t("always parts there"), "none": w.t("no buffer"),
            "comma": w.t(", "), "machine": w.t("{machine}: {state}"),
        },
        **{key: played["lines"][number][key] for key in ("signals", "initial", "changes")},
    }  # fmt: skip
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def ranks(count: int, links: Sequence[Sequence[Any]]) -> list[int]:
    """Return the column of each station: one after the last of those before it in the file that lead to it.

    >>> ranks(4, [(0, 1, 0.5), (0, 2, 0.5), (1, 3, None), (2, 3, None), (3, 0, 0.1)])
    [0, 1, 1, 2]
    """
    out = [0] * count
    for station in range(count):
        before = [out[a] for a, b, _ in links if b == station and a < station]
        out[station] = max(before) + 1 if before else 0
    return out
