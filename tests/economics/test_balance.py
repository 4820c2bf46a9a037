"""The equations are the solved balance of one market, sign by sign and size by size.

Supply, scrap and demand of the docstring of `critmin.model.equations` are solved here as a linear
system, with the shocks of supply (u) and demand (v) given.
"""

import dataclasses

import numpy as np
import pytest

from critmin.data.drivers import COMPONENTS
from critmin.model import cost_equations, equations
from critmin.model.counterfactual import deviation_path


@dataclasses.dataclass(frozen=True)
class Market:
    """A market as in the docstring; `kappa` is the reversion, `share` the demand share of shocks."""

    e_s: float = 0.4
    e_d: float = 0.3
    e_z: float = 0.2
    w: float = 0.7
    eta: float = 0.9
    b: float = 0.5
    load: float = 0.1
    load_g: float = 0.2
    phi: float = 0.25
    kappa: float = 0.15
    g: float = 0.03

    @property
    def slope(self) -> float:
        return float(
            equations.total_slope(
                supply_elasticity=self.e_s,
                demand_elasticity=self.e_d,
                scrap_elasticity=self.e_z,
                primary=self.w,
            )
        )

    def solved(self, *, u: float = 0.0, v: float = 0.0, gap: float = 0.0, carry: float = 0.0, **x):
        """Changes of log price, primary output and scrap."""
        x = dict.fromkeys(("dc", "ds", "da", "y", "x", "h", "f", "fg"), 0.0) | x
        s = self.w * self.e_s + (1 - self.w) * self.e_z + self.e_d
        left = [[-self.e_s, 1, 0], [-self.e_z, 0, 1], [self.e_d, self.w, 1 - self.w]]
        right = [
            self.g
            + self.e_s * (x["ds"] - x["dc"])
            + self.b * x["h"]
            + ((1 - self.phi) * self.kappa * s * gap + u) / self.w,
            self.g,
            self.g
            + self.eta * x["y"]
            + x["x"]
            - self.w * x["da"]
            - self.phi * self.kappa * s * gap
            + s * ((1 - self.kappa) * carry + self.load * x["f"] + self.load_g * x["fg"])
            + v,
        ]
        return np.linalg.solve(left, right)

    def expected(self, *, gap: float = 0.0, carry: float = 0.0, **x) -> float:
        """Change of the log price by `price_push` and `price_change`."""
        x = dict.fromkeys(("dc", "ds", "da", "y", "x", "h", "f", "fg"), 0.0) | x
        common = equations.common_move(
            factor=x["f"],
            group_factor=x["fg"],
            factor_loading=self.load,
            group_loading=self.load_g,
        )
        push = equations.price_push(
            cost_change=x["dc"],
            support_change=x["ds"],
            availability_change=x["da"],
            income=x["y"],
            technology=x["x"],
            host=x["h"],
            common=common,
            supply_elasticity=self.e_s,
            slope=self.slope,
            primary=self.w,
            income_elasticity=self.eta,
            host_tie=self.b,
        )
        return float(equations.price_change(push=push, carry=carry, gap=gap, reversion=self.kappa))

    def output(self, price: float, shock: float, share: float, *, gap: float = 0.0, **x) -> float:
        """Growth of output by `production_growth`."""
        x = dict.fromkeys(("dc", "ds", "h"), 0.0) | x
        return float(
            equations.production_growth(
                trend=self.g,
                price_change=price,
                cost_change=x["dc"],
                support_change=x["ds"],
                host=x["h"],
                gap=gap,
                price_shock=shock,
                demand_share=share,
                substitution=self.phi,
                supply_elasticity=self.e_s,
                slope=self.slope,
                primary=self.w,
                host_tie=self.b,
                reversion=self.kappa,
            )
        )


M = Market()

EFFECTS = [
    ("dearer production raises the price", {"dc": 0.1}, 1),
    ("support lowers the price", {"ds": 0.1}, -1),
    ("withheld supply raises the price", {"da": -0.1}, 1),
    ("income raises the price", {"y": 0.02}, 1),
    ("technologies raise the price", {"x": 0.1}, 1),
    ("the host's growth lowers the price of a by-product", {"h": 0.1}, -1),
    ("the common factor raises the price", {"f": 1.0}, 1),
    ("the group's cycle raises the price", {"fg": 1.0}, 1),
    ("a price above cost comes down", {"gap": 0.3}, -1),
    ("a year that ended dear starts dear", {"carry": 0.1}, 1),
]


@pytest.mark.parametrize(("economics", "change", "sign"), EFFECTS, ids=[e[0] for e in EFFECTS])
def test_price_is_that_of_the_solved_balance(economics: str, change: dict, sign: int) -> None:
    price = M.expected(**change)
    assert sign * price > 0
    assert price == pytest.approx(M.solved(**change)[0], abs=1e-12)


@pytest.mark.parametrize(("economics", "change", "sign"), EFFECTS, ids=[e[0] for e in EFFECTS])
def test_output_is_that_of_the_solved_balance(economics: str, change: dict, sign: int) -> None:
    price, output, _ = M.solved(**change)
    kept = {k: v for k, v in change.items() if k in ("dc", "ds", "h", "gap")}
    assert M.output(price, 0.0, 0.5, **kept) == pytest.approx(output, abs=1e-12)


def test_output_rises_with_a_price_that_demand_moves_and_falls_with_one_that_supply_moves() -> None:
    """The extremes of the demand share: the whole shock of the price is v, or -u."""
    by_demand, by_supply = M.solved(v=0.2 * M.slope), M.solved(u=-0.2 * M.slope)
    assert by_demand[0] == pytest.approx(0.2)
    assert by_supply[0] == pytest.approx(0.2)
    assert M.output(0.2, 0.2, 1.0) == pytest.approx(by_demand[1])
    assert M.output(0.2, 0.2, 0.0) == pytest.approx(by_supply[1])
    assert by_demand[1] > M.g > by_supply[1]


@pytest.mark.parametrize(("u", "v"), [(0.1, 0.1), (0.05, 0.2), (0.2, 0.02)])
@pytest.mark.parametrize("measurement", [0.0, 0.06])
def test_output_given_the_price_spreads_by_the_rarer_shock_and_by_error(u, v, measurement) -> None:
    """The conditional variance of two normals, u given v - u, with reporting error on top."""
    scale = equations.production_scale(
        price_scale=np.hypot(u, v) / M.slope,
        demand_share=v**2 / (u**2 + v**2),
        slope=M.slope,
        primary=M.w,
        measurement=measurement,
    )
    given = u**2 * v**2 / (u**2 + v**2) / M.w**2
    assert scale == pytest.approx(np.sqrt(given + measurement**2))


def test_output_shock_given_the_price_is_its_regression_on_the_price() -> None:
    """The share of the price shock that supply caused lowers output by as much."""
    u, v = 0.1, 0.2
    share = v**2 / (u**2 + v**2)
    with_it = M.output(0.3, 0.3, share) - M.output(0.3, 0.0, share)
    assert with_it == pytest.approx(-(u**2) / (u**2 + v**2) * M.slope * 0.3 / M.w)


def test_the_gap_closes_at_the_speed_of_reversion_and_the_carry_is_part_of_it() -> None:
    gap, carry = 0.4, 0.1
    change = equations.price_change(push=0.0, carry=carry, gap=gap, reversion=M.kappa)
    assert gap + change == pytest.approx((1 - M.kappa) * (gap + carry))
    whole = equations.price_change(push=0.0, carry=carry, gap=gap, reversion=1.0)
    assert gap + whole == pytest.approx(0)


def test_a_price_returns_to_the_cost_that_producers_carry_themselves() -> None:
    gap = equations.price_gap(log_price=1.0, log_cost=0.8, support=0.3)
    assert gap == pytest.approx(1.0 - (0.8 - 0.3))


def test_the_years_end_stands_above_its_average_by_what_moved_it_and_by_chance() -> None:
    known = {"response": 0.5, "scale": 0.8, "price_scale": 0.2}
    quiet = dict.fromkeys(("shock", "common", "noise", "common_noise"), 0.0)
    for name, effect in (("shock", 0.5), ("common", 0.5), ("noise", 0.16), ("common_noise", 0.8)):
        carry = equations.year_end_carry(**known, **{**quiet, name: 1.0})
        assert carry == pytest.approx(effect)


def test_squeeze_is_the_price_at_which_demand_and_scrap_make_do_without_output() -> None:
    excess = 0.1
    rise = equations.squeeze(excess=excess, supply_elasticity=M.e_s, slope=M.slope, primary=M.w)
    assert M.e_d * rise + (1 - M.w) * M.e_z * rise == pytest.approx(M.w * excess)


def test_capacity_answers_a_gap_in_the_fair_world_as_it_does_in_the_market() -> None:
    """Written twice in the equations: within the growth of output, and by itself."""
    still, open_ = (M.output(0.0, 0.0, 0.4, gap=gap) for gap in (0.0, 0.2))
    response = equations.capacity_response(
        substitution=M.phi, reversion=M.kappa, slope=M.slope, primary=M.w
    )
    assert open_ - still == pytest.approx(0.2 * response)
    assert response > 0


def test_what_does_not_reach_the_market_counts_by_its_share() -> None:
    term = equations.availability_term(np.array([0.0, 0.7, 1.0, 1.3]))
    np.testing.assert_allclose(term, [-1, -0.3, 0, np.log(1.3)])


def test_cost_is_made_of_its_components_and_their_drivers() -> None:
    drivers = cost_equations.cost_drivers(
        paths={"energy": 0.5, "wages": 0.4, "materials": 0.2},
        parameters={"wage_pass_through": 0.6, "capital_trend": 0.01, "compliance_trend": 0.02},
        years_ahead=3,
    )
    named = dict(zip(COMPONENTS, drivers, strict=True))
    expected = {
        "energy": 0.5,
        "labour": 0.24,
        "materials": 0.2,
        "capital": 0.03,
        "compliance": 0.06,
    }
    assert named == pytest.approx(expected)
    shares = np.array([0.3, 0.2, 0.2, 0.2, 0.1])
    np.testing.assert_allclose(cost_equations.component_costs(shares, np.zeros(5)), shares)
    dearer = cost_equations.component_costs(shares, np.array([np.log(2), 0, 0, 0, 0]))
    np.testing.assert_allclose(dearer, [0.6, 0.2, 0.2, 0.2, 0.1])


@pytest.mark.parametrize("psi", [0.0, 0.3])
def test_fair_price_is_that_of_a_second_market_without_distortions(psi: float) -> None:
    """Two markets with the same shocks, one of them without support and restrictions."""
    rng = np.random.default_rng(4)
    years = 30
    support = np.cumsum(rng.uniform(0, 0.03, years))
    availability = -np.cumsum(rng.uniform(0, 0.02, years))
    cost = np.cumsum(rng.normal(0, 0.05, years))
    shocks = rng.normal(0, 0.1, years)
    carry = rng.normal(0, 0.05, years) if psi == 0 else np.zeros(years)  # observed, or psi dp

    def path(s: np.ndarray, a: np.ndarray) -> np.ndarray:
        price, change = np.zeros(years), 0.0
        for t in range(1, years):
            change = M.solved(
                v=M.slope * shocks[t],
                gap=price[t - 1] - cost[t - 1] + s[t - 1],
                carry=carry[t - 1] + psi * change,
                dc=cost[t] - cost[t - 1],
                ds=s[t] - s[t - 1],
                da=a[t] - a[t - 1],
            )[0]
            price[t] = price[t - 1] + change
        return price

    nothing = np.zeros(years)
    support[0] = availability[0] = 0.0
    found = deviation_path(
        support=support,
        availability=availability,
        supply_elasticity=np.float64(M.e_s),
        slope=np.float64(M.slope),
        primary=np.float64(M.w),
        reversion=np.float64(M.kappa),
        inertia=np.float64(psi),
    )
    np.testing.assert_allclose(
        found, path(nothing, nothing) - path(support, availability), atol=1e-12
    )


def test_support_puts_the_fair_price_above_the_market_and_restrictions_below() -> None:
    years = np.arange(12.0)
    par = {
        "supply_elasticity": np.float64(M.e_s),
        "slope": np.float64(M.slope),
        "primary": np.float64(M.w),
        "reversion": np.float64(M.kappa),
        "inertia": np.float64(0),
    }
    none, some = np.zeros(12), np.where(years > 2, 0.2, 0.0)
    supported = deviation_path(support=some, availability=none, **par)
    withheld = deviation_path(support=none, availability=-some, **par)
    assert (supported[3:] > 0).all()
    assert (withheld[3:] < 0).all()
    assert supported[3] == pytest.approx(M.w * M.e_s * 0.2 / M.slope)
    assert withheld[3] == pytest.approx(-M.w * 0.2 / M.slope)
    # In the long run the price misses the cost by the support, and forgets what was withheld.
    long = deviation_path(support=np.full(300, 0.2), availability=np.zeros(300), **par)
    assert long[-1] == pytest.approx(0.2, rel=1e-6)
