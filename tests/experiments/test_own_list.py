"""The user's own list: read from CSV and XLSX, everything wrong told with its row."""

import zipfile

import pytest

from experiments.own_list import read_own_list
from models.errors import DataError
from optimize.problem import parse_problem


@pytest.fixture
def problem():
    def at(name, count=1):
        station = name.partition("#")[0]
        return {"name": f"L/{name}", "line": "L", "station": station, "capacity_per_h": 5, "count": count,
                "options": [{"name": "cnc", "cost": 10}]}  # fmt: skip

    return parse_problem({
        "renewal_problem": 1,
        "periods": {"count": 4, "years_each": 0.25, "labels": ["2026-Q2", "2026-Q3", "2026-Q4", "2027-Q1"]},
        "lines": [{"name": "L", "stations": ["turning", "milling"], "hours": 9, "margin": 1}],
        "assets": [at("turning", 3), at("milling#A"), at("milling#B")]})  # fmt: skip


def written(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def found(path, problem):
    return [(r.asset, r.option, r.period, r.machines) for r in read_own_list(path, problem)]


def test_rows_by_label_number_and_date(tmp_path, problem):
    rows = (
        "Line,Station,Machines,Option,Period,Date\nL,turning,2,cnc,2026-Q3,\nL,turning,,cnc,3,\n\n"
        "L,milling,2,cnc,,2026-12-31\n"
    )
    assert found(written(tmp_path / "own.csv", rows), problem) == [
        ("L/turning", "cnc", 1, 2), ("L/turning", "cnc", 3, 1),
        ("L/milling#A", "cnc", 2, 1), ("L/milling#B", "cnc", 2, 1),
    ]  # fmt: skip


def test_machines_and_assets_by_name(tmp_path, problem):
    rows = "asset,line,station,machines,option,period\nL/turning,,,1,cnc,0\n,L,milling,B,cnc,0\n"
    assert found(written(tmp_path / "own.csv", rows), problem) == [
        ("L/turning", "cnc", 0, 1),
        ("L/milling#B", "cnc", 0, 1),
    ]


def test_everything_wrong_is_told_with_its_row(tmp_path, problem):
    rows = (
        "line,station,machines,option,period,date,colour\nM,turning,1,cnc,0,,\nL,turnin,1,cnc,0,,\n"
        "L,turning,1,cn,9,,\nL,turning,x,cnc,,2030-01-01,\nL,turning,4,cnc,0,,\n"
    )
    with pytest.raises(DataError) as error:
        read_own_list(written(tmp_path / "own.csv", rows), problem)
    told = [str(p) for p in error.value.problems]
    assert [t.split(":")[0] for t in told] == [f"own.csv row {n}" for n in (1, 2, 3, 4, 4, 5, 5, 6)]
    for part in ("'colour'", "line 'M'", "did you mean 'turning'", "option 'cn'", "period '9'", "2026-Q2 to 2027-Q1"):
        assert any(part in text for text in told), part


SHEET = """<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>station</t></is></c><c r="C1" t="s"><v>1</v></c>
<c r="D1" t="s"><v>2</v></c><c r="E1" t="s"><v>3</v></c></row>
<row r="3"><c r="A3" t="s"><v>4</v></c><c r="B3" t="s"><v>5</v></c><c r="C3"><v>2</v></c><c r="D3" t="s"><v>6</v></c>
<c r="E3" s="1"><v>46310</v></c></row></sheetData></worksheet>"""
TEXTS = ["line", "machines", "option", "date", "L", "turning", "cnc"]


def test_a_workbook_with_days(tmp_path, problem):
    path, schema = tmp_path / "own.xlsx", "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/worksheets/sheet1.xml", SHEET)
        book.writestr(
            "xl/sharedStrings.xml",
            f'<sst xmlns="{schema}">' + "".join(f"<si><t>{t}</t></si>" for t in TEXTS) + "</sst>",
        )
        book.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{schema}"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>',
        )
    assert found(path, problem) == [("L/turning", "cnc", 2, 2)]  # day 46310 is 2026-10-15


def test_what_is_no_table(tmp_path, problem):
    (tmp_path / "own.xlsx").write_bytes(b"PK no book")
    for path in (tmp_path / "own.xlsx", tmp_path / "none.csv", written(tmp_path / "empty.csv", "line,station\n")):
        with pytest.raises(DataError, match=path.name):
            read_own_list(path, problem)
