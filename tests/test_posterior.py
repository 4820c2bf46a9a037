import json
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import critmin
from critmin.data import catalog, data_hash
from critmin.exceptions import CritminError, PosteriorError, UnknownNameError
from critmin.mineral import registry
from critmin.model.version import MODEL_VERSION
from critmin.posterior import Posterior, builtin_posterior
from critmin.posterior_format import UNITS, sources

FILE = Path(critmin.__file__).parent / "builtin_posterior.nc"


def test_builtin_posterior_is_not_stale() -> None:
    attrs = builtin_posterior().draws.attrs
    message = "run scripts/build_posterior.py"
    assert attrs["data_hash"] == data_hash(), message
    assert attrs["model_version"] == MODEL_VERSION, message
    assert builtin_posterior().minerals == list(registry()), message


def test_builtin_posterior_passed_the_gate_and_is_small() -> None:
    worst = builtin_posterior().diagnostics
    assert worst["passed"] is True
    assert worst["r_hat"] <= 1.01
    assert min(worst["ess_bulk"], worst["ess_tail"]) >= 400
    assert worst["divergences"] == 0
    assert FILE.stat().st_size <= 10_000_000
    assert builtin_posterior().draws.sizes["sample"] >= 2000
    assert len(builtin_posterior().minerals) >= 40


def test_a_fit_from_before_energy_and_depth_were_kept_still_loads(tmp_path: Path) -> None:
    draws = builtin_posterior().draws.isel(sample=slice(20))
    told = builtin_posterior().diagnostics
    older = {n: v for n, v in told.items() if n not in ("bfmi", "saturated")}
    old = Posterior(draws.assign_attrs(diagnostics=json.dumps(older)))
    loaded = Posterior.from_netcdf(old.to_netcdf(tmp_path / "old.nc"))
    assert loaded.diagnostics == older
    assert "passed the gate" in repr(loaded)
    assert critmin.fair_price("tin", posterior=loaded).provenance["diagnostics"] == older


def test_sources_are_in_the_catalogue() -> None:
    used = sources(builtin_posterior().draws)
    assert set(used["datasets"]) <= set(catalog().index)
    assert used["private"] == []


def test_files_that_are_no_posterior_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.nc"
    with pytest.raises(PosteriorError, match="no such file"):
        Posterior.from_netcdf(path)
    path.write_bytes(b"\x89HDF\r\n\x1a\nnot really")
    with pytest.raises(PosteriorError, match="not a readable netCDF"):
        Posterior.from_netcdf(path)
    path.write_bytes(FILE.read_bytes()[:100_000])
    with pytest.raises(PosteriorError, match="not a readable netCDF"):
        Posterior.from_netcdf(path)
    xr.Dataset({"x": 1}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    with pytest.raises(PosteriorError, match="not a critmin posterior"):
        Posterior.from_netcdf(tmp_path / "other.nc")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.assign_attrs(model_version="0"), "model version 0"),
        (lambda d: d.drop_vars("reversion"), r"\['reversion'\] are missing"),
        (lambda d: d.assign(tail=d["tail"] * np.inf), "'tail' has values that are not finite"),
    ],
)
def test_posteriors_of_other_kinds_are_refused(tmp_path: Path, change, reason: str) -> None:
    path = tmp_path / "changed.nc"
    draws = builtin_posterior().draws.isel(sample=slice(20))
    change(draws).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(PosteriorError, match=reason):
        Posterior.from_netcdf(path)


def test_a_posterior_has_what_every_result_has(tmp_path: Path) -> None:
    posterior = builtin_posterior()
    chosen = Posterior(posterior.draws.isel(sample=slice(None, 50)))
    again = Posterior.from_json(chosen.to_json(tmp_path / "posterior.json"))
    assert again.id == chosen.id
    assert again.provenance == chosen.provenance
    assert repr(again) == repr(chosen)
    assert Posterior.from_json(tmp_path / "posterior.json").id == chosen.id
    # Steps of a file go with the text.
    paths = [each.to_netcdf(tmp_path / f"{i}.nc") for i, each in enumerate((chosen, again))]
    assert [Posterior.from_netcdf(path).id for path in paths] == [chosen.id] * 2
    assert re.fullmatch(r"Posterior\(\d+ minerals, 50 draws of .*; data to \d{4}\)", repr(chosen))
    assert chosen.provenance["diagnostics"] == chosen.diagnostics
    assert "<table" in chosen._repr_html_()
    assert set(chosen.summary((0.5, 0.9)).columns) == {"median", "5%", "25%", "75%", "95%"}
    tree = chosen.to_datatree()
    assert dict(tree["posterior"].sizes)["draw"] == 50
    assert "output" in tree["constant_data"]
    units = {
        name: values.attrs["units"]
        for group in tree.children.values()
        for name, values in group.data_vars.items()
        if values.dtype.kind in "fiub"
    }
    assert set(UNITS) <= set(units)
    assert (units["capacity"], units["market"], units["tail"]) == ("t/year", "USD/t", "1")
    assert not any("units" in values.attrs for values in chosen.draws.values())
    axes = chosen.plot(parameter="demand_elasticity")
    assert len(axes.get_yticklabels()) == len(chosen.minerals)
    with pytest.raises(UnknownNameError, match="parameter"):
        chosen.plot(parameter="elastic")
    with pytest.raises(CritminError, match="prob must"):
        chosen.summary(prob=2)


def test_text_of_another_model_is_refused(tmp_path: Path) -> None:
    posterior = Posterior(builtin_posterior().draws.isel(sample=slice(None, 2)))
    text = posterior.to_json()
    with pytest.raises(PosteriorError, match="made by model version 1"):
        Posterior.from_json(re.sub(r'("model_version": )"?[0-9.]+"?', r'\g<1>"1"', text))
    with pytest.raises(CritminError, match="not a Posterior"):
        Posterior.from_json("{}")


def test_what_was_taken_up_is_the_callers_copy() -> None:
    posterior = builtin_posterior()
    posterior.assimilated["tin"] = {"price": "a price"}
    assert posterior.assimilated == {}
