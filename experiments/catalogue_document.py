"""The catalogue as documents: what a search finds, and one pair or type with all that is known of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from models.errors import DataError, Problem
from models.own_type import OwnType
from models.view import Tree, nearest
from scenarios.catalogue import equipment_types
from scenarios.device_levels import of_pair
from scenarios.equipment_types import by_pair
from scenarios.evidence import origin_in
from scenarios.own_types import entry_of, read_types
from scenarios.quantities import SIDES, Pair, named, pairs, rows, table
from scenarios.sizes import numbers
from scenarios.units import in_chinese, unit_of

Own = Mapping[str, OwnType]
Document = dict[str, Any]


class Asked(NamedTuple):
    """What a reader looks for; what is left out does not narrow the search."""

    task: int | None = None
    industry: str = ""
    words: str = ""
    """Each must occur in an id or a name, Chinese or English."""


def own_types(files: Iterable[str]) -> dict[str, OwnType]:
    """Return the types in files of the user.

    Raises:
        DataError: A file is wrong; all problems of all files are listed.
    """
    problems: list[Problem] = []
    found: dict[str, OwnType] = {}
    for file in files:
        types, wrong = read_types(Path(file))
        problems += wrong
        if not wrong:
            found |= {name: OwnType.model_validate(node) for name, node in types.items()}
    if problems:
        raise DataError(problems)
    return found


def listing(asked: Asked, own: Own) -> Document:
    """Return the pairs and own types that a reader looks for."""
    found = [pair for pair in pairs().values() if _fits(asked, *_of_pair(pair))]
    mine = {name: one for name, one in own.items() if _fits(asked, *_of_own(name, one))}
    return {
        "kind": "catalogue", "renewline": version("renewline"), "of": len(pairs()),
        "pairs": [_short(pair, own) for pair in found],
        "own": [{"id": name, **_named(entry_of(one)), "like": one.like, "price_cny": _price(entry_of(one))}
                for name, one in mine.items()],
    }  # fmt: skip


def _fits(asked: Asked, tasks: set[int], industries: str, names: str) -> bool:
    return (
        (asked.task is None or asked.task in tasks)
        and asked.industry.lower() in industries.lower()
        and all(word in names.lower() for word in asked.words.lower().split())
    )


def _of_pair(pair: Pair) -> tuple[set[int], str, str]:
    """Return tasks, industries and names of a pair, those of the policy's rows that lead to it with them."""
    serving = [row for row in table("seed_map") if pair.id in row["pairs"].split()]
    tasks = {*pair.tasks, *(int(row["task"]) for row in serving)}
    own_rows = [row for row in serving if len(row["pairs"].split()) == 1]  # broad rows name what else they cover
    industries = [
        pair.industry_en,
        pair.industry_zh,
        *(row[f"industry_{lang}"] for row in serving for lang in ("en", "zh")),
    ]
    names = [pair.id, *(by_pair()[pair.id, s] for s in SIDES), pair.old_en, pair.old_zh, pair.new_en, pair.new_zh]
    return tasks, "\n".join(industries), "\n".join([*names, *(row[side] for row in own_rows for side in SIDES)])


def _of_own(name: str, own: OwnType) -> tuple[set[int], str, str]:
    pair = pairs().get(entry_of(own)["pair"])
    tasks, industries, _ = _of_pair(pair) if pair else (set(), "", "")
    said = "\n".join(filter(None, (own.industry_en, own.industry_zh)))
    return set(own.tasks) or tasks, said or industries, "\n".join([name, own.name_en, own.name_zh])


def _short(pair: Pair, own: Own) -> Document:
    grades = [row["grade"] for row in rows(pair.id)]
    types = {side: equipment_types()[by_pair()[pair.id, side]] for side in SIDES}
    return {
        "id": pair.id, "tasks": list(pair.tasks),
        "industry": {"en": pair.industry_en, "zh": pair.industry_zh},
        **{side: {"id": by_pair()[pair.id, side], "en": pair.name(side, "en"), "zh": pair.name(side, "zh")}
           for side in SIDES},
        "own": [name for name, one in own.items() if entry_of(one)["pair"] == pair.id],
        "price_cny": _price(types["new"]),
        "quantities": len(grades), "estimates": grades.count("C"),
    }  # fmt: skip


def _price(entry: Tree) -> Document | None:
    if "capex_cny" not in entry:
        return None
    known = origin_in(entry, "capex_cny")
    return {key: known[key] for key in ("low", "typical", "high", "grade")}


def _named(entry: Tree) -> Document:
    return {"en": entry["name_en"], "zh": entry["name_zh"], "side": entry["side"], "pair": entry["pair"]}


# --- one of them ---


def shown(name: str, own: Own) -> Document:
    """Return a pair, found by its id or that of one of its types; or a type of the user that belongs to none.

    Raises:
        DataError: There is neither pair nor type of that name.
    """
    pair = next((p for p in pairs() if p.lower() == name.lower()), None)
    asked = own.get(name)
    if asked is not None:
        pair = entry_of(asked)["pair"]
    elif pair is None and name in equipment_types():
        pair = equipment_types()[name]["pair"]
    elif pair is None:
        choices = [*pairs(), *equipment_types(), *own]
        allowed = "a pair or a type of the catalogue; list them with  renewline catalogue list"
        raise DataError([Problem(name, "no such pair or type", allowed, nearest(name, choices))])
    mine = {key: one for key, one in own.items() if key == name or (pair and entry_of(one)["pair"] == pair)}
    types = {**(_shipped(pairs()[pair]) if pair else {}), **{key: entry_of(one) for key, one in mine.items()}}
    return {
        "kind": "catalogue_entry", "renewline": version("renewline"), "asked": name,
        "pair": None if not pair else {**_short(pairs()[pair], own), "per": pairs()[pair].per},
        "size": None if not pair else _size(pairs()[pair]),
        "quantities": _quantities(pair) if pair else [],
        "grades": _grades(pair) if pair else [],
        "types": [_type(key, entry) for key, entry in types.items()],
        "policy": [dict(row) for row in table("seed_map") if pair and pair in row["pairs"].split()],
        "lines": plant_lines(types),
    }  # fmt: skip


def _shipped(pair: Pair) -> dict[str, Tree]:
    return {by_pair()[pair.id, side]: equipment_types()[by_pair()[pair.id, side]] for side in SIDES}


def _size(pair: Pair) -> Document:
    described: Document = {
        side: equipment_types()[by_pair()[pair.id, side]]["described"].size for side in SIDES
    }  # fmt: skip
    return {
        "en": pair.size_en, "zh": pair.size_zh, "unit": pair.size_unit, **described, "is_rate": pair.is_rate,
        "price_exponent": dict(pair.price_exponent),
    }  # fmt: skip


def _quantities(pair: str) -> list[Document]:
    words = {row["name"]: row for row in table("parameters")}
    feeds = _feeds(pair)
    out = []
    for row in rows(pair):
        values: dict[str, Document | None] = {side: _values(row, side) for side in SIDES}
        better = words[row["parameter"]]["better"]
        out.append({
            "name": row["parameter"], "en": words[row["parameter"]]["name_en"],
            "zh": words[row["parameter"]]["name_zh"], "unit": row["unit"], "unit_zh": in_chinese()[row["unit"]],
            **values, "new_is_worse": _worse(values, better), "grade": row["grade"], "estimate": row["grade"] == "C",
            "source": row["source"], "note": row["note"], "feeds": feeds.get(row["parameter"], []),
        })  # fmt: skip
    return out


def _values(row: Mapping[str, str], side: str) -> Document | None:
    if not row[f"{side}_typical"]:
        return None
    return {key: float(row[f"{side}_{key}"]) for key in ("low", "typical", "high")}


def _worse(values: Mapping[str, Document | None], better: str) -> bool:
    old, new = values["old"], values["new"]
    if not old or not new or not better:
        return False
    return bool(new["typical"] > old["typical"] if better == "lower" else new["typical"] < old["typical"])


def _grades(pair: str) -> list[Document]:
    """Return which efficiency grade old and new reach, where a standard grades the device."""
    by_name = {row["parameter"]: row for row in rows(pair)}
    out = []
    for level, quantity in of_pair(pair):
        values = {side: _values(by_name[quantity], side) for side in SIDES}
        reached = {side: None if value is None else level.reached(value["typical"]) for side, value in values.items()}
        out.append({
            "quantity": quantity, "en": level.name_en, "zh": level.name_zh, "unit": level.unit,
            "grades": list(level.grades), "standard": level.standard, "grade": level.grade,
            "estimate": level.grade == "C", "source": level.source, "note": level.note, "reached": reached,
        })  # fmt: skip
    return out


def _feeds(pair: str) -> dict[str, list[str]]:
    """Return the fields of a plant file that each quantity of a pair has a part in."""
    out: dict[str, list[str]] = {}
    for side in SIDES:
        for path, formula in equipment_types()[by_pair()[pair, side]]["basis"].items():
            for name in named(formula):
                quantity = name.removeprefix("old_").removeprefix("new_").removesuffix("_")
                field = path.split(".")[0]
                if field not in out.setdefault(quantity, []):
                    out[quantity].append(field)
    return out


def _type(name: str, entry: Tree) -> Document:
    known = {path: origin_in(entry, path) for path in numbers(entry)}
    fields = [
        {"field": path, "unit": unit_of(path), "formula": entry["basis"].get(path, ""), **known[path],
         "estimate": known[path]["grade"] == "C"}
        for path in known
    ]  # fmt: skip
    return {"id": name, **_named(entry), "like": entry.get("like", ""), "shipped": "own" not in entry, "fields": fields}


def plant_lines(types: Mapping[str, Tree]) -> str:
    """Return the lines of a plant file that use types: the first old one as a station, each new one as its option.

    >>> print(plant_lines({t: equipment_types()[t] for t in ("ie2_motor", "ie4_motor")}))
    - name: station
      equipment: ie2_motor
      size: 75    # kW
      in_service_since: 2012
      machines: 1
      buffer: 0
      cycle_time_s: 60    # write your own
      options:
        - equipment: ie4_motor
          size: 75    # kW
    """
    old = {name: entry for name, entry in types.items() if entry["side"] == "old"}
    new = {name: entry for name, entry in types.items() if entry["side"] == "new"}
    first, entry = next(iter((old or new).items()))
    out = ["- name: station", f"  equipment: {first}", *_sized(entry, "  "), *_per(entry)]
    out += ["  in_service_since: 2012", "  machines: 1", "  buffer: 0", *_kind(entry)]
    if old and new:
        out += ["  options:"]
        for name, option in new.items():
            out += [f"    - equipment: {name}", *_sized(option, "      ")]
    return "\n".join(out)


def _sized(entry: Tree, indent: str) -> Sequence[str]:
    described = entry["described"]
    return [] if described.unit == "-" else [f"{indent}size: {described.size:g}    # {described.unit}"]


def _per(entry: Tree) -> Sequence[str]:
    pair = pairs().get(entry["pair"])
    scaled = pair is not None and pair.per != "part" and (pair.is_rate or "use_per_unit" in entry)
    return [f"  amount_per_part: 1    # {pair.per} in one part"] if pair is not None and scaled else []


def _kind(entry: Tree) -> Sequence[str]:
    if "travel_s" in entry:
        return ["  kind: transport"]
    if "holding" in entry.get("power_kw", ()):
        return ["  kind: furnace", "  places: 6    # write your own", "  pace_s: 600    # write your own"]
    return [] if "cycle_time_s" in entry else ["  cycle_time_s: 60    # write your own"]


Maker = Callable[[Own], Document]


def maker(asked: Asked | str) -> Maker:
    """Return what makes the document asked for: a search, or one pair or type by its name."""
    return partial(shown, asked) if isinstance(asked, str) else partial(listing, asked)
