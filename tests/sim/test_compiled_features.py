"""Rules made for one program: settings that are the same all over it are constants, and nothing else changes."""

import dis
import importlib

import pytest
from engines import differences, played

from scenarios.files import read_plant
from sim.compiled_engine import build, run
from sim.compiled_engine.features import SETTINGS, constants, readers
from sim.compiled_engine.memory import RULES
from sim.compiled_engine.run import lowered
from sim.program import lower


def test_no_rule_writes_a_setting():
    for module in build.modules():
        importlib.import_module(module)
    written = {
        step.argval for rule in RULES.values() for step in dis.get_instructions(rule) if step.opname == "STORE_ATTR"
    }
    settings = {field for fields in SETTINGS.values() for field in fields}
    assert len(written) > 100
    assert not written & settings


def test_settings_are_fields_of_whole_numbers():
    for record, fields in SETTINGS.items():
        assert {record.fields()[field] for field in fields} == {"i8"}


def test_only_what_is_the_same_everywhere_is_a_constant():
    found = {"Line.loops": [0, 0], "Rig.heat": [0, 1], "Rig.transfer": [8000], "Rig.output": [-1], "Cause.block": []}
    assert constants(found) == (("Cause.block", 0), ("Line.loops", 0), ("Rig.output", -1))


def test_a_known_setting_is_not_read():
    text = readers((("Line.loops", 0),))
    known = text[text.index("@Line.loops(") :].split("}")[0]
    unknown = text[text.index("@Line.may_stand(") :].split("}")[0]
    assert "ret i64 0" in known
    assert "load" not in known
    assert "load i64" in unknown


def test_a_plant_that_has_something_does_not_count_as_without_it():
    known = dict(lowered(lower(read_plant("machining"))).known)
    assert known["World.traced"] == 0
    assert "Rig.none" not in known or known["Rig.none"] == 0


@pytest.mark.parametrize("name", ["machining", "spinning", "steel-pipe"])
def test_rules_made_for_a_plant_tell_the_same_story(name, monkeypatch):
    plant, hours = read_plant(name), 400
    monkeypatch.setattr(run, "is_made", lambda known: False)
    general = played("compiled", plant, hours, traced=False)
    monkeypatch.setattr(run, "ENOUGH_S", -1.0)
    assert differences(general, played("compiled", plant, hours, traced=False)) == []


def test_a_run_goes_on_with_rules_made_for_it(monkeypatch):
    plant, hours = read_plant("machining"), 400
    monkeypatch.setattr(run, "is_made", lambda known: False)
    whole = played("compiled", plant, hours, traced=False)
    made = []
    entries = run.entries
    monkeypatch.setattr(run, "entries", lambda known=(): made.append(known) or entries(known))
    monkeypatch.setattr(run, "FIRST_LOOK", 200)
    monkeypatch.setattr(run, "ENOUGH_S", 1e-9)
    vars(run._LAST).clear()
    assert differences(whole, played("compiled", plant, hours, traced=False)) == []
    assert made[0] == ()
    assert len(made[-1]) > 20


def test_rules_once_made_serve_the_next_run_at_once(monkeypatch):
    program = lower(read_plant("machining"))
    monkeypatch.setattr(run, "ENOUGH_S", -1.0)
    run.Run(program, 1, 0)
    monkeypatch.undo()
    assert build.is_made(lowered(program).known)
    made = []
    entries = run.entries
    monkeypatch.setattr(run, "entries", lambda known=(): made.append(known) or entries(known))
    run.Run(program, 1, 1)
    assert len(made[0]) > 20
