"""Every default of the money of a plan, with source and grade; a test holds it against the fields."""

from models.energy import Default

_DEPRECIATION = "Enterprise Income Tax Implementation Regulation art. 60: machinery at least 10 years"
_ONE_OFF = "MOF/STA announcement 2023 no. 37, text read in two reposts"

DEFAULTS: tuple[Default, ...] = (
    Default("discount_rate", 0.10, "1/a", "C", "Engineering estimate: hurdle rate of a firm; run 8, 10, 12 %"),
    Default("tax.rate", 0.25, "-", "A", "Enterprise Income Tax Law; high-tech enterprise 15 % (art. 28)"),
    Default("tax.life_y", 10, "a", "B", _DEPRECIATION),
    Default("tax.shortest_life_share", 0.6, "-", "B", "MOF/STA 2014 no. 75, 2015 no. 106, 2019 no. 66"),
    Default("tax.salvage_share", 0.05, "-", "C", "Engineering estimate; the law lets the firm set it"),
    Default("tax.one_off_limit_cny", 5e6, "CNY", "A", _ONE_OFF),
    Default("tax.loss_carry_forward_y", 5, "a", "A", "Enterprise Income Tax Law art. 18; high-tech enterprise 10"),
    Default("loan.rate", 0.039, "1/a", "C", "Engineering estimate: medium-term loan to a manufacturing SME"),
    Default("loan.years", 5, "a", "C", "Engineering estimate"),
)
"""By their place in ``renewal``."""
