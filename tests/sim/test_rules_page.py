"""The pages of rules name tests that exist, and no rule goes without an example and a test."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PAGES = sorted((TESTS.parent / "docs").glob("rules*.md"))
NAMED = re.compile(r"`(test_\w+\.py)::(test_\w+)`")


def existing():
    return {
        (path.name, node.name)
        for folder in ("sim", "theory")
        for path in (TESTS / folder).glob("test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def sections():
    for page in PAGES:
        for section in page.read_text(encoding="utf-8").split("\n## ")[1:]:
            yield f"{page.name}, {section.splitlines()[0]!r}", section


def test_every_test_named_exists():
    named = {test for _, section in sections() for test in NAMED.findall(section)}
    assert len(named) > 250
    assert named - existing() == set()


def test_every_rule_has_an_example_and_a_test():
    for title, section in sections():
        assert NAMED.search(section), f"no test proves {title}"
        assert "*Example.*" in section, f"no example for {title}"


def test_every_file_of_hand_made_tables_and_of_theory_proves_a_rule():
    named = {file for _, section in sections() for file, _ in NAMED.findall(section)}
    tools = {"test_flow_solvers.py", "test_stop_tools.py"}
    proofs = {path.name for path in (*(TESTS / "sim").glob("test_tables_*.py"), *(TESTS / "theory").glob("test_*.py"))}
    assert proofs - named - tools == set()
