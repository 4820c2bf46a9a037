"""The meta-analysis of published elasticities, and the priors that come of it."""

import numpy as np
import pytest

from critmin.model.literature import (
    NEW_METAL,
    SERIES,
    build_meta_analysis,
    literature,
    published,
    published_prior,
)


def test_every_elasticity_prior_has_a_literature() -> None:
    table = literature()
    assert set(table.index.get_level_values("elasticity")) == {
        *SERIES,
        "supply_long",
        "demand_long",
        "substitution",
    }
    assert (table["median"] > 0).all()
    assert (table["log_sd"] > 0).all()
    for run in ("supply", "demand"):
        short, long = table.loc[run], table.loc[f"{run}_long"]
        assert (long["median"] > short["median"]).all()


def test_metals_without_a_literature_get_the_prediction_for_a_new_one() -> None:
    prior = published_prior("demand", ["copper", "gallium"])
    table = literature().loc["demand"]
    np.testing.assert_allclose(prior[:, 0], table.loc["copper", ["median", "log_sd"]])
    np.testing.assert_allclose(prior[:, 1], table.loc[NEW_METAL, ["median", "log_sd"]])
    assert prior[1, 1] > prior[1, 0]


def test_estimates_are_those_of_the_database() -> None:
    demand = published("demand")
    assert len(demand.value) == 411
    assert len(demand.publications) < 66  # tables a and b of one publication are one
    # Banks (1972), long run, tin: -1.262, and the sign turned.
    tin = demand.metals.index("tin")
    banks = demand.publications.index("Banks (1972)")
    found = demand.value[
        (demand.metal == tin) & (demand.publication == banks) & (demand.reach == 1)
    ]
    assert 1.262 in found


@pytest.mark.parametrize("elasticity", ["supply"])
def test_the_stored_prior_is_what_the_model_gives(elasticity: str) -> None:
    import nutpie

    compiled = nutpie.compile_pymc_model(build_meta_analysis(elasticity), backend="numba")
    posterior = nutpie.sample(
        compiled,
        draws=400,
        tune=600,
        chains=2,
        seed=3,
        target_accept=0.95,
        progress_bar=False,
        save_warmup=False,
    )["posterior"]
    stored = literature().loc[(elasticity, NEW_METAL), "median"]
    assert float(posterior["short_new"].median()) == pytest.approx(stored, rel=0.35)
