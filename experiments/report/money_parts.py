"""What a plan document says of its money: the plan's figures, each renewal's lines, and where each line comes from."""

from experiments.lang import mark
from experiments.report.parts import MISSING, Column, Document, Table, Writer, carrier, is_interval, pair

LINES = {
    "price_cny": mark("Price"),
    "loan_drawn_cny": mark("Loan drawn"),
    "grant_cny": mark("Grant"),
    "credit_cny": mark("Tax credit"),
    "interest_cny": mark("Interest"),
    "subsidy_cny": mark("Interest subsidy"),
    "repayment_cny": mark("Repayment"),
    "debt_left_cny": mark("Debt at the end"),
    "depreciation_tax_cny": mark("Tax saved by depreciation"),
    "interest_tax_cny": mark("Tax saved by interest"),
    "grant_tax_cny": mark("Tax on grants"),
    "old_book_tax_cny": mark("Tax on old book value"),
    "resale_cny": mark("Resale"),
    "residual_cny": mark("Residual value"),
}
"""Lines of a renewal's capital, in the order of the table."""
ALWAYS = ("price_cny", "depreciation_tax_cny", "residual_cny")


def renewals(plan: Document, w: Writer) -> Table:
    """Return the money of each renewal: its lines over the plan, and their present value."""
    rows = plan.get("renewal_money", [])
    used = [key for key in LINES if key in ALWAYS or any(row.get(key) for row in rows)]
    columns = (*w.dates("Period"), *w.words("Renewal"), *w.numbers(*(LINES[key] for key in used), "Present value"))
    shown = [
        [
            row["period"],
            f"{row['line']} / {row['station']}: {row['machines']} × {row['option']}",
            *(w.cash(row.get(key)) for key in used),
            w.cash(row["npv_cny"]),
        ]
        for row in rows
    ]
    total = sum(row["npv_cny"] for row in rows)
    if rows:
        sums = [w.cash(sum(row.get(key, 0.0) for row in rows)) for key in used]
        shown.append(["", w.t("All"), *sums, w.cash(total)])
    title = w.t("Money of each renewal over the plan, in {unit}").format(unit=w.money_unit)
    note = w.t(
        "Sums over the plan years, not discounted, paid = negative; present value: all lines discounted. Operation is "
        "not in it."
    )
    return Table(title, columns, shown, note, strong=frozenset({len(shown) - 1} if rows else ()))


def figures(plan: Document, w: Writer) -> Table:
    """Return the plan's figures of money: value, rate of return, payback, abatement cost, credit, loan."""
    money = plan.get("money")
    if not money:
        return Table("", (), [])
    abatement = money["abatement_cny_per_t"]
    rows = [
        [w.t("Net present value over renewing nothing"), w.money(money["npv_cny"])],
        [w.t("Of it capital: price, public money, tax saved, residual"), w.money(money["capital_npv_cny"])],
        [w.t("Internal rate of return"), w.percent(money["irr"]) if money["irr"] else w.t("none")],
        [w.t("Discounted payback (y)"), _years(money["discounted_payback_y"], w)],
        [w.t("Abatement cost, tonnes discounted (CNY/t CO2)"), w.ci(abatement["discounted"])],
        [w.t("Abatement cost, tonnes simple (CNY/t CO2)"), w.ci(abatement["simple"])],
    ]
    if pair(money["tax_later_npv_cny"])[0]:
        rows.append([w.t("Tax paid later or never set off"), w.money(money["tax_later_npv_cny"])])
    credit, loan = money["credit_cny"], money["loan_cny"]
    if pair(credit["earned"])[0]:
        rows += [
            [w.t("Tax credit earned"), w.money(credit["earned"])],
            [w.t("Tax credit used"), w.money(credit["used"])],
            [w.t("Tax credit left at the end or lapsed"), w.money(_sum(credit["carried"], credit["lapsed"]))],
        ]
    if loan["drawn"]:
        rows += [
            [w.t("Loan drawn"), w.money(loan["drawn"])],
            [w.t("Loan repaid within the plan"), w.money(loan["repaid"])],
            [w.t("Debt at the end"), w.money(loan["left"])],
        ]
    note = w.t("Negative abatement cost: the plan saves CO2 and money. Tonnes are those of the plan years alone.")
    return Table(w.t("Money of the plan"), (*w.words("Quantity"), *w.numbers("Value")), rows, note)


def _sum(a: Document, b: Document) -> Document:
    """Return a sum with the half-widths added up, which is no less than the true one."""
    return {"mean": a["mean"] + b["mean"], "half_width": a["half_width"] + b["half_width"]}


def _years(value: Document | None, w: Writer) -> str:
    return w.ci(value) if is_interval(value) else w.t("not within the plan")


def sources(plan: Document, w: Writer) -> Table:
    """Return where the lines of operation come from: simulated quantity, its worth, and the line, by year."""
    rows = []
    for flow in plan.get("cash_flow", []):
        made_of = flow.get("from")
        if not made_of:
            continue
        year = str(flow["year"])
        for part in made_of["margin_cny"]:
            unit = w.t("{price} CNY a unit").format(price=w.num(part["cny_per_unit"]))
            what = w.t("units of {product}").format(product=part["product"])
            cny = {k: v * part["cny_per_unit"] for k, v in part["units"].items() if v is not None}
            rows.append([year, w.t("Margin"), what, w.ci(part["units"]), unit, w.cash(cny)])
        for part in made_of["energy_cny"]:
            if not pair(part["saved"])[0] and not pair(part["cny"])[0]:
                continue
            named = carrier(part["carrier"])
            what = w.t("CO2 saved (t)") if part["carrier"] == "co2_t" else f"{w.t(named.name)} ({named.unit})"
            rows.append([year, w.t("Energy"), what, w.ci(part["saved"]), _price(part, w), w.cash(part["cny"])])
        tax = made_of["tax_cny"]
        rate = w.percent(tax["rate"], 0)
        rows.append([year, w.t("Tax"), w.t("operating gain"), MISSING, rate, w.cash(tax["on_operation_cny"])])
    columns = (
        *w.dates("Year"), *w.words("Line", "Simulated quantity"), *w.numbers("Amount"), *w.words("Worth"),
        Column(w.t("Cash")),
    )  # fmt: skip
    note = w.t("Amounts are differences to renewing nothing, saved = positive. They add up to the cash flow by year.")
    title = w.t("Where the cash flow comes from, in {unit}").format(unit=w.money_unit)
    return Table(title, columns, rows, note)


def _price(part: Document, w: Writer) -> str:
    saved, cny = pair(part["saved"])[0], pair(part["cny"])[0]
    if not saved or cny is None:
        return MISSING
    return w.t("{price} CNY a unit").format(price=w.num(cny / saved, 3))
