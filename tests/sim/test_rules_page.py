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


# --- where each rule stands in either engine ---

SIM = TESTS.parent / "sim"
ENGINES_PAGE = (TESTS.parent / "docs" / "engines.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (.+?) \| (.*`.*) \| (.*`.*) \|$", re.MULTILINE)
FOLDERS = (SIM / "simpy_engine", SIM / "compiled_engine" / "kernel")


def test_the_page_of_engines_says_where_each_rule_stands():
    table = ENGINES_PAGE.split("| rule on the pages |")[1].split("\n\n")[0]
    rows = {row[1]: (row[2], row[3]) for row in ROW.finditer(table)}
    headings = {section.splitlines()[0] for _, section in sections()}
    assert set(rows) == headings - {"Your own"}  # the compiled engine has no station of the user's own
    for rule, columns in rows.items():
        for folder, column in zip(FOLDERS, columns, strict=True):
            named = re.findall(r"`(?:sim/)?(\w+\.py)`", column)
            assert all((folder / file).is_file() or (SIM / file).is_file() for file in named), rule


def test_every_module_of_compiled_rules_is_on_the_page():
    named = set(re.findall(r"`(\w+\.py)`", ENGINES_PAGE))
    modules = {path.name for path in FOLDERS[1].glob("*.py")} - {"__init__.py"}
    assert modules - named == set()
