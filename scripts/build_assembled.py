"""Join prices and output once, and put them beside the snapshot that they are made of.

Usage: uv run python scripts/build_assembled.py [TARGET]

Run by scripts/build_snapshot.py, and after a change of a hand table or of how sources are joined.
"""

import gzip
import hashlib
import json
import sys
from pathlib import Path

import pandas as pd

from critmin.data import assembled
from critmin.data.editions import NEWEST
from critmin.data.prices import joined_history
from critmin.data.production import (
    joined_datasets,
    joined_first_estimates,
    joined_output,
    production_series,
)
from critmin.internal.files import replacing
from critmin.mineral import registry

TARGET = Path(__file__).parents[1] / "src" / "critmin" / "data" / "snapshot"


def build() -> dict[str, bytes]:
    """Content of each file."""
    prices = [
        joined_history(mineral, NEWEST)[0].rename_axis("year").reset_index().assign(mineral=name)
        for name, mineral in registry().items()
    ]
    series = production_series()[["mineral", "stage"]].drop_duplicates()
    output, datasets = [], {}
    for name, stage in series.itertuples(index=False):
        made = (joined_output(name, stage), joined_first_estimates(name, stage))
        for kind, table in zip(assembled.KINDS, made, strict=True):
            output.append(table.assign(kind=kind, name=name, stage=stage))
        datasets[f"{name}:{stage}"] = joined_datasets(name, stage)
    tables = {assembled.PRICES: _csv(prices), assembled.OUTPUT: _csv(output)}
    about = {
        "stamp": assembled.stamp(),
        "sha256": {name: hashlib.sha256(text).hexdigest() for name, text in tables.items()},
        "datasets": datasets,
    }
    files = {name: gzip.compress(text, mtime=0) for name, text in tables.items()}
    files[assembled.ABOUT] = (json.dumps(about, indent=1, sort_keys=True) + "\n").encode()
    return files


def _csv(frames: list[pd.DataFrame]) -> bytes:
    # Floats are written with all their digits: what is read is what was made.
    return pd.concat(frames, ignore_index=True).to_csv(index=False, lineterminator="\n").encode()


def main() -> None:
    """Build and write."""
    if len(sys.argv) > 2 or "-h" in sys.argv or "--help" in sys.argv:
        sys.exit(__doc__)
    target = Path(sys.argv[1]) if len(sys.argv) == 2 else TARGET
    for name, content in build().items():
        with replacing(target / name) as temporary:
            temporary.write_bytes(content)
        print(f"{name}: {len(content):,} bytes")


if __name__ == "__main__":
    main()
