"""Incentives by name: what the catalogue holds is well formed, sourced, and read into plants as written."""

import re
from datetime import date
from pathlib import Path

import pytest

from models.errors import DataError
from models.finance import Loan, TaxRules
from models.finance.defaults import DEFAULTS
from models.plant import Renewal
from scenarios.catalogue import incentives
from scenarios.evidence import assumptions
from scenarios.files import read_text

FILE = """
lines:
  - {name: line, source: saturated, stations: [{name: lathe, buffer: 1, cycle_time_s: 60,
     options: [{name: new, capex_cny: 9, special_equipment: true}]}]}
renewal:
  start: 2026-01
  years: 3
  loan: {share: 0.5}
  incentives: %s
"""


@pytest.mark.parametrize("name", list(incentives()))
def test_each_incentive_is_read_by_its_name_with_source_and_grade(name):
    renewal = read_text(FILE % f"[{name}]").renewal
    [found] = renewal.incentives
    assert found.name == name
    assert found.source
    assert found.grade in "ABC"
    assert found.name_zh
    assert set(found.not_with) <= set(incentives())


def test_the_municipal_grant_is_a_scenario_and_never_a_fact():
    for name in ("renewal_grant_low", "renewal_grant", "renewal_grant_high"):
        assert incentives()[name]["grade"] == "C"
        assert "scenario" in incentives()[name]["note"]
    assert [incentives()[n]["share"] for n in ("renewal_grant_low", "renewal_grant", "renewal_grant_high")] == [
        0.05, 0.10, 0.15,
    ]  # fmt: skip


def test_what_differs_is_written_beside_like():
    text = FILE % "[{like: renewal_grant, share: 0.07, valid_until: 2026-06-30}, special_equipment_tax_credit]"
    grant, credit = read_text(text).renewal.incentives
    assert (grant.share, grant.cap_per_project_cny, grant.valid_until) == (0.07, 5e6, date(2026, 6, 30))
    assert credit.carry_forward_y == 5


@pytest.mark.parametrize(
    ("written", "where", "what"),
    [
        ("[renewal_grnt]", "renewal.incentives[0]", "unknown incentive 'renewal_grnt'"),
        ("[{like: renewal_grnt, share: 0.1}]", "renewal.incentives[0]", "unknown incentive 'renewal_grnt'"),
        ("[{like: renewal_grant, shre: 0.1}]", "renewal.incentives[0]", "unknown key 'shre'"),
        ("[{like: renewal_grant, share: 10}]", "renewal.incentives[0]", "found 10"),
        ("[{kind: gift, name: g}]", "renewal.incentives[0]", "'kind': one of 'grant', 'tax_credit'"),
        ("[renewal_grant, treasury_bond_grant]", "renewal.incentives[1]", "treasury_bond_grant beside renewal_grant"),
        ("[renewal_grant, renewal_grant]", "renewal.incentives[1]", "a second incentive"),
    ],
)
def test_wrong_incentives_are_told_with_their_place(written, where, what):
    with pytest.raises(DataError) as caught:
        read_text(FILE % written)
    assert [p for p in caught.value.problems if where in p.where and what in f"{p.found}; {p.allowed}"], (
        caught.value.problems
    )


def test_defaults_with_sources_are_those_of_the_fields():
    owners = {"tax": TaxRules(), "loan": Loan(share=1.0)}
    for default in DEFAULTS:
        *section, name = default.field.split(".")
        owner = owners[section[0]] if section else Renewal()
        assert getattr(owner, name) == default.value, default.field
        assert default.source
        assert default.grade in "ABC"


def test_a_plan_tells_the_defaults_and_incentives_it_stands_on():
    one = read_text(FILE % "[interest_subsidy]")
    rows = {row["what"]: row for row in assumptions(one) if row["where"].startswith("renewal")}
    assert set(rows) == {
        "discount_rate", "tax.rate", "tax.life_y", "tax.salvage_share", "loan.rate", "loan.years", "interest_subsidy",
    }  # fmt: skip
    assert rows["interest_subsidy"]["value"] == "points 0.015, years 2, 2024-07-01 to 2026-12-31"


def test_the_plans_on_the_page_are_read():
    """Both plans of docs/money.md, put into a small works that has what they name."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "money.md").read_text(encoding="utf-8")
    works = """
lines:
  - {name: shaft line, source: {demand_per_h: 5}, stations: [
      {name: turning, buffer: 1, cycle_time_s: 60, nc: false, energy_standing: below_entry, quantities: {robots: 1},
       options: [{name: new, capex_cny: 9, uses: {install_crew_d: 1, grid_kw: 2, quota_t: 3}}]},
      {name: milling, buffer: 1, cycle_time_s: 60}, {name: grinding, buffer: 1, cycle_time_s: 60}]}
  - {name: housing line, source: saturated, stations: [{name: boring, buffer: 1, cycle_time_s: 60}]}
"""
    limits = "  limits: {install_crew_d: 1, grid_kw: 1, quota_t: 1}\n"
    plans = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(plans) == 2
    for text in plans:
        assert read_text(works + text + ("" if "limits:" in text else limits)).renewal is not None
