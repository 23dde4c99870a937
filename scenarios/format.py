"""The plant file's format as a JSON Schema, and the keys that it allows at a place."""

import copy
from collections.abc import Iterator
from functools import cache
from typing import Any

from models.errors import Path
from models.plant import Plant

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PROPER = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum", "oneOf": "anyOf"}
Schema = dict[str, Any]


@cache
def _schema() -> Schema:
    tree = _proper(Plant.model_json_schema(by_alias=True))
    definitions = tree["$defs"]
    # What the catalogue fills in when a file is read need not be written.
    option = definitions["Option"]
    option["required"] = [name for name in option["required"] if name not in ("name", "capex_cny")]
    option["anyOf"] = [{"required": ["equipment"]}, {"required": ["name", "capex_cny"]}]
    electricity = definitions["Electricity"]["properties"]
    by_name = (
        (electricity["tariff"], "tariff"),
        (electricity["grid_factor"], "grid factor"),
        (definitions["Product"]["properties"]["energy_level"], "energy level"),
    )
    for field, what in by_name:
        field["anyOf"].insert(0, {"type": "string", "description": f"Name of a {what} of the catalogue."})
    listed = definitions["Renewal"]["properties"]["incentives"]
    like = {"type": "object", "required": ["like"], "properties": {"like": {"type": "string"}}}
    word = {"type": "string", "description": "Name of an incentive of the catalogue."}
    listed["items"] = {"anyOf": [word, *listed["items"]["anyOf"], like]}
    path = definitions["PricePath"]
    by_year = {"type": "object", "description": "Factors by year.", "additionalProperties": {"type": "number"}}
    short = {"type": "number", "description": "Growth per year."}
    definitions["PricePath"] = {"description": path["description"], "anyOf": [path, short, by_year]}
    catalogue = tree["properties"]["catalogue"]
    written_out = {key: catalogue.pop(key) for key in ("type", "additionalProperties")}
    files = {"type": "string", "description": "A YAML file of equipment types, relative to the plant file."}
    catalogue["anyOf"] = [files, {"type": "array", "items": files}, written_out]
    table = definitions["GridFactor"]["properties"]["co2_kg_per_kwh"]
    electricity["grid_factor"]["anyOf"].insert(1, {k: v for k, v in table.items() if k != "description"})
    return {"$schema": DIALECT, "title": "renewline plant file", **{k: v for k, v in tree.items() if k != "title"}}


def _proper(node: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return the schema with the keywords of the standard, where pydantic leaves its own.

    A distribution is also a table by product whose product is called like a family, so that exactly
    one (``oneOf``) cannot hold; the cross-checks refuse such products.
    """
    if isinstance(node, dict):
        named = {"properties", "$defs"}  # below these, keys are names and no keywords
        return {
            _PROPER.get(key, key): {k: _proper(v) for k, v in value.items()} if key in named else _proper(value)
            for key, value in node.items()
            if key != "discriminator"
        }
    return [_proper(item) for item in node] if isinstance(node, list) else node


def schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a plant file, with the meaning of every field."""
    return copy.deepcopy(_schema())


def fields(path: Path) -> dict[str, str]:
    """Return the keys allowed at ``path`` with their meaning; empty where any key, or none, may stand.

    >>> sorted(fields(("lines", 0, "mix")))
    ['lot', 'sequence', 'shares']
    """
    nodes = [_schema()]
    for step in path:
        nodes = [child for node in nodes for child in _children(node, step)]
    return {
        key: " ".join(str(field.get("description", "")).replace("``", "").split())
        for node in nodes
        for plain in _resolved(node)
        for key, field in plain.get("properties", {}).items()
    }


def _resolved(node: Schema) -> Iterator[Schema]:
    """Yield the plain schemas that ``node`` stands for: references followed, alternatives spread."""
    if "$ref" in node:
        yield from _resolved(_schema()["$defs"][node["$ref"].rsplit("/", 1)[1]])
    if "properties" in node or "additionalProperties" in node or "items" in node:
        yield node
    for alternative in node.get("anyOf", ()):
        yield from _resolved(alternative)


def _children(node: Schema, step: str | int) -> Iterator[Schema]:
    for plain in _resolved(node):
        if isinstance(step, int) and isinstance(plain.get("items"), dict):
            yield plain["items"]
        elif str(step) in plain.get("properties", {}):
            yield plain["properties"][str(step)]
        elif isinstance(plain.get("additionalProperties"), dict):
            yield plain["additionalProperties"]
