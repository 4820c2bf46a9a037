"""Register damaged files for a while: nothing but a `CritminError` may come out.

Usage: uv run python scripts/fuzz_reading.py [seconds [seed]]
"""

import gzip
import io
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import openpyxl
import pandas as pd

from critmin.data import private, register, unregister
from critmin.exceptions import CritminError

MONTHS = [f"2023-{month:02}" for month in range(1, 13)]
TOKENS = [b"\0", b"\xff", b",", b";", b'"', b"\n", b"\r", b"e999", b"9" * 30, b"-", b"=", b"nan"]
TOKENS += [b"inf", b"2023", b"\xef\xbb\xbf", b"T25:99", b"+25:00", b"Q9", b"1e400"]


def sound_files() -> list[bytes]:
    """A file of each kind, all of which can be registered."""
    book, workbook, parquet = openpyxl.Workbook(), io.BytesIO(), io.BytesIO()
    book.active.append(["date", "value"])
    for month in MONTHS:
        book.active.append([month, 21_000.5])
    book.save(workbook)
    pd.DataFrame({"date": MONTHS, "value": 21_000.5}).to_parquet(parquet)
    rows = [f"{day:02}.12.2023;21.000,5{day}" for day in range(1, 29)]
    text = "\n".join(["Agency", "", "date;value", *rows, "", "Source: x, y"])
    utf8 = text.encode()
    return [
        workbook.getvalue(),
        parquet.getvalue(),
        utf8,
        text.encode("utf-16"),
        gzip.compress(utf8),
    ]


def damaged(content: bytes, rng: random.Random) -> bytes:
    """The content with bytes changed, cut out, put in, or its end cut off."""
    out = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 4, 12])):
        at, kind = rng.randrange(len(out)), rng.random()
        if kind < 0.4:
            out[at] = rng.randrange(256)
        elif kind < 0.6:
            del out[at : at + rng.randrange(1, 20)]
        elif kind < 0.9:
            out[at:at] = rng.choice(TOKENS)
        else:
            del out[at + 1 :]
        out = out or bytearray(b"x")
    return bytes(out)


def main() -> None:
    """Run for the seconds given and print what came out."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600.0
    rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 0)  # noqa: S311
    outcomes: Counter[str] = Counter()
    files, end = sound_files(), time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        while time.monotonic() < end:
            path.write_bytes(damaged(rng.choice(files), rng))
            try:
                register(path, name="x", mineral="nickel", unit="USD/t", min_share=0.05)
                outcomes["registered"] += 1
            except CritminError:
                outcomes["refused"] += 1
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1].name
                outcomes[f"{type(error).__name__} in {where}: {error!s:.80}"] += 1
            for name in private.names():
                unregister(name)
    for outcome, count in outcomes.most_common():
        print(count, outcome)
    sys.exit(len(outcomes) > 2)


if __name__ == "__main__":
    main()
