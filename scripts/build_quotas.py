"""Print what quotas and duties earn the countries that set them (docs/howto/quota.md).

Usage: uv run python scripts/build_quotas.py
"""

import critmin

SELLERS = (
    ("cobalt", "COD", None),
    ("nickel", "IDN", None),
    ("copper", "CHL", "mined"),
    ("copper", "ZMB", "mined"),
    ("neodymium", "CHN", None),
    ("dysprosium", "CHN", None),
    ("gallium", "CHN", None),
)
LEVEL = 0.2
DUTIES = (0.1, 0.3)


def quota(mineral: str, country: str, stage: str | None) -> str:
    """A row: share, a fifth withheld, the best quota."""
    found = critmin.producer_revenue(mineral, country, stage=stage)
    table, best = found.summary(), found.best()
    change, share, price = table["change"], table["share", "median"], table["price", "median"]
    top = best["level"]
    return (
        f"| {mineral}, {country} | {share[0.0]:.0f} | {price[LEVEL]:.2f} "
        f"| {change['median'][LEVEL]:+.0f} ({change['5%'][LEVEL]:+.0f} to {change['95%'][LEVEL]:+.0f}) "
        f"| {share[LEVEL] - share[0.0]:+.1f} "
        f"| {top:.0%} ({best['5%']:.0%} to {best['95%']:.0%}) | {best['gain']:+.0f} "
        f"| {change['median'][top]:+.0f} ({change['5%'][top]:+.0f} to {change['95%'][top]:+.0f}) "
        f"| {share[top] - share[0.0]:+.1f} |"
    )


def duty(mineral: str, country: str, stage: str | None) -> str:
    """A row: price, exports, the state's part and share under two duties."""
    found = critmin.producer_revenue(mineral, country, duty=DUTIES, stage=stage)
    table = found.summary()
    first = table["exports", "median"][0.0]
    cells = [
        f"{table['price', 'median'][rate]:.2f} | {table['change', 'median'][rate]:+.1f} "
        f"({table['change', '5%'][rate]:+.1f} to {table['change', '95%'][rate]:+.1f}) "
        f"| {100 * table['duty', 'median'][rate] / first:.0f} "
        f"| {table['share', 'median'][rate] - table['share', 'median'][0.0]:+.1f}"
        for rate in DUTIES
    ]
    return f"| {mineral}, {country} | {' | '.join(cells)} |"


def main() -> None:
    """Both tables."""
    for row in SELLERS:
        print(quota(*row), flush=True)
    print()
    for row in SELLERS:
        print(duty(*row), flush=True)


if __name__ == "__main__":
    main()
