import json

from models.plant import Plant
from scenarios.format import fields, schema


def nodes(node):
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from nodes(value)


def test_the_schema_is_of_the_standard_and_self_contained():
    tree = schema()
    assert tree["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(tree)) == tree
    references = {node["$ref"] for node in nodes(tree) if isinstance(node.get("$ref"), str)}
    assert references <= {f"#/$defs/{name}" for name in tree["$defs"]}
    limits = [n for n in nodes(tree) if {"ge", "gt", "le", "lt", "oneOf", "discriminator"} & set(n) and "type" in n]
    assert not limits  # words that validators would silently skip, or that refuse what we read


def test_the_schema_refuses_unknown_keys_and_states_limits():
    definitions = schema()["$defs"]
    assert definitions["Station"]["additionalProperties"] is False
    assert set(definitions["Station"]["required"]) == {"name", "buffer"}
    assert definitions["MeanCv"]["properties"]["mean"]["exclusiveMinimum"] == 0
    assert set(schema()["properties"]) == set(Plant.model_fields)
    assert definitions["Requires"]["required"] == ["if", "then"]


def test_the_schema_allows_what_the_catalogue_fills_in():
    option = schema()["$defs"]["Option"]
    assert option["anyOf"] == [{"required": ["equipment"]}, {"required": ["name", "capex_cny"]}]
    assert "required" not in option or not option["required"]
    kinds = [a.get("type") for a in schema()["$defs"]["Electricity"]["properties"]["tariff"]["anyOf"]]
    assert "string" in kinds


def test_the_schema_explains_fields():
    assert schema()["$defs"]["Option"]["properties"]["capex_cny"]["description"].startswith("Price")
    assert fields(("lines", 3, "stations", 0, "options", 1))["capex_cny"].startswith("Price")
    assert set(fields(("crews", "anything"))) >= {"size", "rule", "walk_s"}
    assert fields(("lines", 0, "stations", 0, "cycle_time_s", "shaft", "weibull")).keys() == {"scale", "shape"}
    assert fields(("renewal", "budget_cny")) == {}


def test_a_copy_is_given_out():
    schema()["$defs"].clear()
    assert schema()["$defs"]
