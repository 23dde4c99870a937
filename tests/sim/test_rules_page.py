"""The page of rules names tests that exist, and no rule goes without one."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "rules.md"
NAMED = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def existing():
    return {
        (path.name, node.name)
        for folder in ("sim", "theory")
        for path in (TESTS / folder).glob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_test_named_exists():
    named = set(NAMED.findall(PAGE.read_text(encoding="utf-8")))
    assert len(named) > 50
    assert named - existing() == set()


def test_every_rule_has_an_example_and_a_test():
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title = section.splitlines()[0]
        assert NAMED.search(section), f"no test proves {title!r}"
        assert "*Example.*" in section, f"no example for {title!r}"
