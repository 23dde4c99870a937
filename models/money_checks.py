"""Cross-checks of a plan's money and targets: incentives that fit together, names, years, windows, what is marked."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

from models.errors import Path
from models.plant import Renewal
from models.view import Finding, Tree, View, mapping, names, number, rows, sources_of, texts, unknown

NEEDS_LOAN = ("interest_subsidy", "loan_rate")


def frame_of(view: View) -> Renewal | None:
    """Return the plan's horizon; None where it is not written rightly."""
    renewal = mapping(view.tree.get("renewal"))
    given = {key: renewal[key] for key in ("start", "years", "period") if key in renewal}
    try:
        return Renewal(**given) if renewal else None
    except ValueError:
        return None


def _renewal(view: View) -> Tree:
    return mapping(view.tree.get("renewal"))


def _options(view: View) -> list[tuple[Path, Tree]]:
    return [
        ((*at.path, "options", number_), node) for at in view.stations for number_, node in rows(at.node, "options")
    ]


def _incentives(view: View) -> Iterator[Finding]:
    listed = rows(_renewal(view), "incentives")
    named = [name for _, node in _options(view) for name in (node.get("name"), node.get("equipment"))]
    known = texts(named)
    seen: list[object] = []
    for at, node in listed:
        path: Path = ("renewal", "incentives", at)
        if node.get("name") in seen:
            yield Finding(path, f"a second incentive named {node['name']!r}", "each counts once")
        seen.append(node.get("name"))
        if node.get("kind") in NEEDS_LOAN and not _renewal(view).get("loan"):
            yield Finding(path, f"{node.get('name')} without a loan", "it needs renewal.loan", "give loan: {share: ..}")
        for place, name in enumerate(texts(node.get("options"))):
            yield from unknown("option or equipment", name, known, (*path, "options", place))
    for (_, first), (at, second) in combinations(listed, 2):
        if second.get("name") in texts(first.get("not_with")) or first.get("name") in texts(second.get("not_with")):
            allowed = "one of them: as a rule they are not given together"
            hint = "write {like: .., not_with: []} where the rules allow both"
            yield Finding(("renewal", "incentives", at), f"{second['name']} beside {first['name']}", allowed, hint)
    shares = [number(node.get("share")) or 0.0 for _, node in listed if node.get("kind") == "grant"]
    if sum(shares) > 1:
        yield Finding(("renewal", "incentives"), f"grants of {sum(shares):.0%} of the price", "at most 100 % together")


def _targets(view: View) -> Iterator[Finding]:
    targets, frame = mapping(_renewal(view).get("targets")), frame_of(view)
    dated: list[tuple[Path, object]] = [((key,), value) for key, value in targets.items() if key != "quantities"]
    for name, bounds in mapping(targets.get("quantities")).items():
        dated += [(("quantities", name, key), value) for key, value in mapping(bounds).items()]
        known = [key for layer in view.layers() for key in texts(mapping(layer.node.get("quantities")))]
        yield from unknown("quantity", name, known, ("renewal", "targets", "quantities", name))
    for path, value in dated:
        yield from _years(mapping(value), frame, ("renewal", "targets", *path), "a target")
    for key, field in (("nc_rate", "nc"), ("benchmark_share", "energy_standing")):
        if targets.get(key) is not None and not any(layer.get(field) is not None for layer in view.layers()):
            found, allowed = f"no machine says {field}", f"{key} counts those that do"
            yield Finding(("renewal", "targets", key), found, allowed)


def _years(table: Tree, frame: Renewal | None, path: Path, what: str) -> Iterator[Finding]:
    if frame is None:
        return
    years = frame.calendar_years()
    for key in table:
        if str(key).isdecimal() and int(key) not in years:
            yield Finding((*path, key), f"{what} for {key}", f"years of the plan: {years[0]} to {years[-1]}")


def _limits(view: View) -> Iterator[Finding]:
    for name, limit in mapping(_renewal(view).get("limits")).items():
        for key in ("max", "min"):
            path: Path = ("renewal", "limits", name, key)
            yield from _years(mapping(mapping(limit).get(key)), frame_of(view), path, "a limit")


def _windows(view: View) -> Iterator[Finding]:
    frame = frame_of(view)
    for name, window in mapping(_renewal(view).get("windows")).items():
        path: Path = ("renewal", "windows", name)
        yield from unknown("line", name, names(view.tree, "lines"), path)
        for at, label in enumerate(texts(mapping(window).get("periods"))):
            yield from unknown("period", label, frame.labels() if frame else [label], (*path, "periods", at))


def _demand(view: View) -> Iterator[Finding]:
    lines = {str(line.get("name")): line for _, line in view.lines}
    for name in texts(_renewal(view).get("demand")):
        path: Path = ("renewal", "demand", name)
        yield from unknown("line", name, lines, path)
        sources = [source for _, source in sources_of(lines.get(name, {}), ())]
        if name in lines and not all(source.get("demand_per_h") is not None for source in sources):
            allowed = "orders that grow are played back only where every source of the line is demand_per_h"
            yield Finding(path, "a source of another kind", allowed)


def _follows(view: View) -> Iterator[Finding]:
    for at in view.stations:
        options = names(at.node, "options")
        again = at.node.get("max_renewals", 1)
        for number_, node in rows(at.node, "options"):
            path: Path = (*at.path, "options", number_, "from")
            before = texts(node.get("from"))
            for place, name in enumerate(before):
                yield from unknown("option", name, [*options, "existing"], (*path, place))
            if before and "existing" not in before and again == 1:
                allowed = "max_renewals of the station must be at least 2"
                yield Finding(path, "follows another renewal, and there is one at most", allowed)


def _below_entry(view: View) -> Iterator[Finding]:
    for at, rule in rows(_renewal(view), "rules"):
        if rule.get("when") == "below_entry_level":
            base = [layer for station in view.stations for layer in station.base_layers()]
            if not any(layer.get("energy_standing") == "below_entry" for layer in base):
                allowed = "mark equipment by energy_standing: below_entry"
                yield Finding(("renewal", "rules", at, "when"), "no machine is below entry level", allowed)


def _removed(view: View) -> Iterator[Finding]:
    for path, node in _options(view):
        given: Any = [key for key in ("cycle_time_s", "cycle_time_factor", "install_d") if node.get(key) is not None]
        if node.get("removes") is True and given:
            allowed = "an option that removes the machine says capex_cny: 0, resale_cny and what it uses"
            yield Finding((*path, given[0]), f"{given[0]} of a machine that is gone", allowed)


MONEY_CHECKS: tuple[Callable[[View], Iterator[Finding]], ...] = (
    _incentives,
    _targets,
    _limits,
    _windows,
    _demand,
    _follows,
    _below_entry,
    _removed,
)
"""Every check of a plan's money and targets."""
