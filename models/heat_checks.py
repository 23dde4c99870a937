"""Cross-checks of a furnace's heat: masses, products and heat-up times that it leans on."""

from collections.abc import Iterator

from models.errors import Path
from models.view import Finding, Layer, View, mapping, number, rows, texts, unknown


def heat_complete(view: View) -> Iterator[Finding]:
    """Yield what the heat of a station needs and does not find."""
    masses = {str(row.get("name")): row.get("mass_kg") for _, row in rows(view.tree, "products")}
    for layer in view.layers():
        heat, path = mapping(layer.node.get("heat")), (*layer.path, "heat")
        if not heat:
            continue
        made = view.made_on(layer.at.line)
        if "load_kwh_per_part" in heat:
            yield from _by_product(heat["load_kwh_per_part"], made, view.products, (*path, "load_kwh_per_part"))
        else:
            without = [name for name in made if masses.get(name) is None]
            if without:
                found = f"heat by mass, but no mass_kg for {', '.join(without)}"
                yield Finding(path, found, "mass_kg of each product of the line, or load_kwh_per_part")
        yield from _heat_up(layer, path)


def _by_product(given: object, made: list[str], products: list[str], path: Path) -> Iterator[Finding]:
    for name in texts(mapping(given)):
        yield from unknown("product", name, products, (*path, name))
    missing = [name for name in made if name not in mapping(given)]
    if mapping(given) and missing:
        yield Finding(path, f"no value for {', '.join(missing)}", f"each of {', '.join(made)} needs one here")


def _heat_up(layer: Layer, path: Path) -> Iterator[Finding]:
    """Heat-up energy flows over the hours of heat-up; without hours it could not."""
    energy, hours = mapping(mapping(layer.node.get("heat")).get("heat_up_kwh")), mapping(layer.get("heat_up_h"))
    for key in ("from_hold", "cold"):
        if (number(energy.get(key)) or 0) > 0 and not number(hours.get(key)):
            found = f"heat-up energy without hours of heat-up {key}"
            furnace = layer.at.kind == "furnace"
            allowed = f"give heat_up_h: {{{key}: hours}}" if furnace else "only a station of kind furnace heats up"
            yield Finding((*path, "heat_up_kwh", key), found, allowed)
