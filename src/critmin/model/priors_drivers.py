"""Priors of what moves all markets from outside: energy, materials, wages, income, technologies."""

from critmin.model.prior import JUDGEMENT, Prior


def _returning(driver: str) -> tuple[Prior, ...]:
    """Priors of a driver whose real price returns to a mean."""
    return (
        Prior(
            f"{driver}_reversion",
            "Beta",
            (2, 10),
            f"real prices of {driver} return to their mean over 6 years",
            JUDGEMENT,
        ),
        Prior(
            f"{driver}_scale",
            "HalfNormal",
            (0.4,),
            f"annual shock of real prices of {driver}",
            JUDGEMENT,
        ),
        Prior(
            f"{driver}_mean",
            "Normal",
            (0, 0.5),
            f"long-run level of {driver} relative to the base year",
            JUDGEMENT,
        ),
    )


DRIVER_PRIORS = (
    *_returning("energy"),
    *_returning("materials"),
    Prior(
        "materials_energy",
        "Normal",
        (0.3, 0.2),
        "a shock of 10% to energy raises materials by 3% in the same year",
        JUDGEMENT,
    ),
    Prior(
        "wage_drift",
        "Normal",
        (0.015, 0.01),
        "real income per head grows 1.5% a year",
        JUDGEMENT,
    ),
    Prior("wage_scale", "HalfNormal", (0.1,), "spread of that growth in real USD", JUDGEMENT),
    Prior(
        "technology_scale",
        "HalfNormal",
        (0.3,),
        "how far a technology outgrows its trend in a year",
        JUDGEMENT,
        "by technology",
    ),
    Prior(
        "income_signal",
        "Beta",
        (2, 2),
        "about half of the growth of world income in dollars is growth of demand; the rest is the dollar",
        JUDGEMENT + "; with all of it as demand, the common factor had to take most of it back "
        "(correlation -0.9 over 1970-2025)",
    ),
    Prior(
        "income_scale",
        "HalfNormal",
        (0.1,),
        "spread of world income growth in real USD",
        JUDGEMENT,
    ),
)
