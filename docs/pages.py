"""Pages made from the code itself, so that they cannot drift apart: plant file, constraints, KPIs, equipment."""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from problem_pages import outside_cases, problem_file

from models.distribution import FAMILIES
from models.energy import DEFAULTS
from models.finance.defaults import DEFAULTS as MONEY
from optimize.constraints import constraints_doc
from scenarios.catalogue import equipment_types, incentives
from scenarios.equipment_types import by_pair, rounded
from scenarios.evidence import origin
from scenarios.files import read_plant, schema, shipped, template_text
from scenarios.quantities import SIDES, Pair, pairs, rows, table
from scenarios.sizes import numbers
from scenarios.units import unit_of
from sim.bottleneck import ACTIVE_STATES
from sim.iso22400 import KPIS, Kpi

Node = dict[str, Any]


def write_pages(folder: Path) -> None:
    """Write all made pages into ``folder``."""
    folder.mkdir(exist_ok=True)
    (folder / "plant_file.md").write_text(plant_file(), encoding="utf-8")
    (folder / "constraints.md").write_text(constraints_doc(), encoding="utf-8")
    (folder / "problem_file.md").write_text(problem_file(), encoding="utf-8")
    (folder / "outside_cases.md").write_text(outside_cases(), encoding="utf-8")
    (folder / "defaults.md").write_text(defaults(), encoding="utf-8")
    (folder / "kpis.md").write_text(kpis(), encoding="utf-8")
    (folder / "equipment.md").write_text(equipment(), encoding="utf-8")
    (folder / "industries.md").write_text(industries(), encoding="utf-8")


def plant_file() -> str:
    """Return the reference of the plant file: every section, field, type, default and meaning."""
    whole = schema()
    sections = {"Plant": whole, **whole["$defs"]}
    families = {cls.__name__ for cls in FAMILIES.values()}
    out = [
        "# Plant file",
        "",
        "Every field of the format, made from the code that checks it. Units are part of the names. "
        + "`dist` is a number or one of "
        + ", ".join(f"`{name}`" for name in FAMILIES)
        + ", e.g. `{lognormal: {mean: 3, cv: 1}}`. Unknown keys are refused. How the fields act: [rules](../rules.md).",
    ]
    return "\n".join([*out, *sections_from("Plant", sections, families)]) + "\n"


def sections_from(first: str, sections: dict[str, Any], families: set[str]) -> list[str]:
    """Return the lines of a section and of all that it names, each once."""
    reached, ahead = [first], [first]
    while ahead:
        for name in _named(sections[ahead.pop(0)], families):
            if name not in reached:
                reached.append(name)
                ahead.append(name)
    return [line for name in reached for line in _section(name, sections[name], families)]


def _section(name: str, node: Node, families: set[str]) -> list[str]:
    required = set(node.get("required", ()))
    rows = ["", f"## {name}", "", _text(node.get("description", "")), "", "| field | type | default | meaning |"]
    rows.append("|---|---|---|---|")
    for field, spec in node.get("properties", {}).items():
        default = "required" if field in required else _default(spec)
        rows.append(f"| `{field}` | {_type(spec, families)} | {default} | {_text(spec.get('description', ''))} |")
    return rows


def _text(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("``", "`")


def _default(spec: Node) -> str:
    value = spec.get("default")
    return "" if value is None or isinstance(value, dict | list) else f"`{value}`"


def _type(spec: Node, families: set[str]) -> str:
    """Return the type of a field in words."""
    kinds = list(dict.fromkeys(_kinds(spec, families)))
    return " or ".join(kinds).replace("|", "\\|")


def _kinds(spec: Node, families: set[str]) -> list[str]:
    options = spec.get("anyOf") or spec.get("oneOf")
    if options:
        names = {o["$ref"].rsplit("/", 1)[-1] for o in options if "$ref" in o}
        if names >= families - {"Constant"}:  # a distribution, perhaps besides something else
            return [
                "dist",
                *(k for o in options if "$ref" not in o and o.get("type") != "number" for k in _kinds(o, families)),
            ]
        return [kind for option in options for kind in _kinds(option, families)]
    if "$ref" in spec:
        name = spec["$ref"].rsplit("/", 1)[-1]
        return [f"[{name}](#{name.lower()})"]
    if "enum" in spec or "const" in spec:
        return [f"`{value}`" for value in spec.get("enum", [spec.get("const")])]
    if spec.get("type") == "array":
        return ["list of " + " or ".join(_kinds(spec.get("items", {}), families) or ["values"])]
    if spec.get("type") == "object" and isinstance(spec.get("additionalProperties"), dict):
        return ["mapping to " + " or ".join(_kinds(spec["additionalProperties"], families))]
    return [] if spec.get("type") == "null" else [str(spec.get("type", "value"))]


def _named(node: Any, families: set[str]) -> list[str]:  # noqa: ANN401 - any part of a schema
    """Return the sections that a part of the schema refers to, distributions left out."""
    if isinstance(node, list):
        return [name for item in node for name in _named(item, families)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"].rsplit("/", 1)[-1]] if "$ref" in node else []
    inside = [name for key, item in node.items() if key != "$defs" for name in _named(item, families)]
    return [name for name in own + inside if name not in families]


def defaults() -> str:
    """Return the defaults of energy and money with source and grade, and the incentives that may be named."""
    rows = [
        "# Defaults",
        "",
        "In force where the plant file says nothing. Grades: A official text, B secondary text or a well-known figure, "
        "C estimate.",
        "",
        "| field of `energy` | value | unit | grade | source |",
        "|---|---|---|---|---|",
        *(f"| `{d.field}` | {d.value:g} | {d.unit} | {d.grade} | {d.source} |" for d in DEFAULTS),
    ]
    rows += [
        "",
        "## Money",
        "",
        "No incentive and no loan unless the plan names it.",
        "",
        "| field of `renewal` | value | unit | grade | source |",
        "|---|---|---|---|---|",
        *(f"| `{d.field}` | {d.value:g} | {d.unit} | {d.grade} | {d.source} |" for d in MONEY),
        "",
        "## Incentives by name",
        "",
        "| name | 中文 | what | from | until | grade | source | note |",
        "|---|---|---|---|---|---|---|---|",
        *(_incentive(node) for node in incentives().values()),
    ]
    return "\n".join(rows) + "\n"


_SAID = ("name", "name_zh", "kind", "valid_from", "valid_until", "grade", "source", "note", "not_with")


def _incentive(node: Node) -> str:
    what = ", ".join(f"{key} {value:g}" for key, value in node.items() if key not in _SAID)
    cells = [f"`{node['name']}`", node["name_zh"], f"{node['kind']}: {what}", node.get("valid_from", ""),
             node.get("valid_until", ""), node["grade"], node["source"], node.get("note", "")]  # fmt: skip
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


SCOPES = {"station": "Of a station", "line": "Of a line", "crew": "Of a crew"}


def kpis() -> str:
    """Return the page of indicators: each with its formula, as the code that counts declares it."""
    out = [
        "# Key performance indicators",
        "",
        "The set of ISO 22400-2, under `iso22400` at every station, line and crew of a simulation, null where it is "
        + "not defined (nothing made, nothing failed). Names and formulas are the well-known ones in our words; the "
        + "standard's text was not opened for this. Times are hours per machine, by its [states](../kpis.md).",
        "",
        "PQ: parts made, at each visit; GQ: of these, made right. SQ: scrap, RQ: parts sent back, both where that is "
        + "found. PRI: planned run time per part. AOET: hours counted. Figures marked * are those of all replications "
        + "together, with a jackknife interval, since a replication without an event says something too; the others "
        + "are means over replications.",
    ]
    for scope, title in SCOPES.items():
        rows = [_kpi(kpi) for kpi in KPIS if kpi.scope == scope]
        out += [
            "",
            f"## {title}",
            "",
            "| key | name | 中文 | formula | unit | remark |",
            "|---|---|---|---|---|---|",
            *rows,
        ]
    states = ", ".join(f"`{s}`" for s in sorted(ACTIVE_STATES))
    out += ["", "## Active states", "", f"For the bottleneck by active period a machine is active in {states}."]
    return "\n".join(out) + "\n"


def _kpi(kpi: Kpi) -> str:
    mark = " *" if kpi.pooled else ""
    return f"| `{kpi.key}` | {kpi.name}{mark} | {kpi.zh} | {kpi.formula} | {kpi.unit} | {kpi.note} |"


def equipment() -> str:
    """Return the page of all pairs: old beside new, and the fields that their types give to a plant file."""
    out = [
        "# Equipment types",
        "",
        "All pairs of the [catalogue](../catalogue.md): typical (low to high). Grades: A official text, B secondary "
        "text or a well-known figure (at least one column read or bracketed by one), **C engineering estimate**, to "
        "be replaced by a quotation or the plant's own records. Sources and notes: `renewline catalogue show ID`.",
        "",
        "## The tasks of the policy",
        "",
        "| task | industry | 行业 | new | pairs | what has no pair |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row['task']} | {row['industry_en']} | {row['industry_zh']} | {_text(row['new'])} | {row['pairs']} "
            f"| {row['reason']} |"
            for row in table("seed_map")
        ),
    ]
    for pair in pairs().values():
        out += _pair(pair)
    return "\n".join(out) + "\n"


def _pair(pair: Pair) -> list[str]:
    words = {row["name"]: row for row in table("parameters")}
    types = {side: by_pair()[pair.id, side] for side in SIDES}
    size = f"{pair.size_en} {pair.size_zh}, {pair.size_unit}" if pair.size_en else "relative to the equipment described"
    sizes = " and ".join(f"{equipment_types()[types[side]]['described'].size:g} ({side})" for side in SIDES)
    exponent = pair.price_exponent
    return [
        "",
        f"## {pair.id}: {pair.new_en}",
        "",
        f"{pair.industry_en} {pair.industry_zh}; tasks {', '.join(map(str, pair.tasks))}. "
        f"Old: {pair.old_en} {pair.old_zh}, `{types['old']}`. New: {pair.new_en} {pair.new_zh}, `{types['new']}`. "
        f"Size: {size}, {sizes}; price grows with its power {exponent['typical']:g} ({exponent['low']:g} to "
        f"{exponent['high']:g}, {exponent['grade']}). One part: {pair.per}.",
        "",
        "| quantity | 参数 | unit | old | new | grade |",
        "|---|---|---|---|---|---|",
        *(
            f"| {words[row['parameter']]['name_en']} | {words[row['parameter']]['name_zh']} | {row['unit']} "
            f"| {_spread(row, 'old')} | {_spread(row, 'new')} | {row['grade']} |"
            for row in rows(pair.id)
        ),
        "",
        "| field of the plant file | unit | old | new |",
        "|---|---|---|---|",
        *_fields(types),
    ]


def _spread(row: Any, side: str) -> str:  # noqa: ANN401 - a row of the evidence
    low, typical, high = (row[f"{side}_{key}"] for key in ("low", "typical", "high"))
    return typical if low == high else f"{typical} ({low} to {high})"


def _fields(types: Any) -> list[str]:  # noqa: ANN401 - type by side
    entries = {side: equipment_types()[name] for side, name in types.items()}
    paths = dict.fromkeys(path for entry in entries.values() for path in numbers(entry))
    return [
        f"| `{path}` | {unit_of(path)} | "
        + " | ".join(
            f"{rounded(origin(types[s], path)['typical']):,}" if path in entries[s]["basis"] else "" for s in SIDES
        )
        + " |"
        for path in paths
    ]


def industries() -> str:
    """Return the page of the shipped plants: what each is about, its flow, what may be renewed, what is assumed."""
    out = [
        "# Industry lines",
        "",
        "The shipped plants: `renewline compare cement`, `renewline plan cement`, `renewline new cement` for a copy to "
        "start from. Most numbers are estimates of the [catalogue](../catalogue.md).",
    ]
    for name in shipped():
        plant, text = read_plant(name), template_text(name)
        head = [line.removeprefix("#").strip() for line in text.split("\nrenewline:")[0].splitlines()]
        out += ["", f"## {name}: {plant.plant.name}", "", "\n".join(head).strip(), ""]
        for line in plant.lines:
            flow = " → ".join(f"{s.name} ({s.count})" if s.count > 1 else s.name for s in line.stations)
            out += [f"**{line.name}**: {flow}", ""]
        out += ["| station | equipment | may become |", "|---|---|---|"]
        out += [
            f"| {line.name}/{s.name} | {_called(s.equipment)} "
            f"| {'; '.join(_called(o.equipment) or o.name for o in s.options)} |"
            for line in plant.lines
            for s in line.stations
        ]
        out += ["", "| assumed | value | grade | source |", "|---|---|---|---|"]
        out += [f"| {_text(a.what)} | {_text(a.value)} | {a.grade} | {_text(a.source)} |" for a in plant.assumptions]
    return "\n".join(out) + "\n"


def _called(name: str | None) -> str:
    """Return a type's name in both languages with its id."""
    if name is None or name not in equipment_types():
        return name or ""
    entry = equipment_types()[name]
    return f"{entry['name_en']} {entry['name_zh']} (`{name}`)"
