"""What `register` must refuse, each with the words that its error must hold; nothing is registered then."""

import gzip
import io
import os
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from critmin.data import private, register, unregister
from critmin.exceptions import CritminError

GOOD = {"date": [2022, 2023], "value": [25_000.0, 21_000.0]}


def frame(**changes: object) -> pd.DataFrame:
    return pd.DataFrame(GOOD | changes)


def refused(data: object, words: str, **options: object) -> None:
    given = {"name": "x", "mineral": "nickel", "unit": "USD/t"} | options
    try:
        with pytest.raises(CritminError) as caught:
            register(data, **given)  # type: ignore[arg-type]
        assert words in str(caught.value), str(caught.value)
        assert private.names() == []
    finally:
        for name in private.names():
            unregister(name)


FRAMES: dict[str, tuple[object, str]] = {
    "none": (None, "got a NoneType"),
    "a series": (pd.Series([1.0]), "got a Series; use .reset_index()"),
    "a dict": (GOOD, "got a dict; use pandas.DataFrame"),
    "a list": ([1, 2], "got a list"),
    "bytes": (b"date,value", "got a bytes"),
    "empty path": ("", "path of a file, got ''"),
    "a nul in a path": ("a\0b", "path of a file"),
    "no such file": ("/nowhere/prices.csv", "no such file"),
    "an address": ("https://example.org/prices.csv", "no such file"),
    "a long path": ("x" * 5000, "cannot be opened"),
    "a folder": (Path(), "no such file"),
    "a device": (os.devnull, "no such file"),
    "no rows": (frame(date=[], value=[]), "no rows"),
    "no columns": (pd.DataFrame(), "missing date and value"),
    "other columns": (pd.DataFrame({"when": [1], "price": [2]}), "it has 'when', 'price'"),
    "doubled columns": (
        pd.DataFrame([[2022, 1, 2]], columns=["date", "value", "value"]),
        "there 2 times",
    ),
    "doubled by case": (
        pd.DataFrame([[2022, 1, 2]], columns=["date", "Value", "VALUE"]),
        "there 2 times",
    ),
    "columns in levels": (
        pd.DataFrame([[1, 2]], columns=[["a", "a"], ["date", "value"]]),
        "several levels",
    ),
    "a date too early": (frame(date=[1492, 2023]), "year 1492 is not between 1900 and 2100"),
    "a date too late": (frame(date=[2023, 2500]), "row 1: year 2500"),
    "no date": (frame(date=["soon", 2023]), "row 0: 'soon' is neither a year nor a date"),
    "a missing date": (frame(date=[None, 2023]), "row 0: "),
    "mixed zones": (
        frame(date=[pd.Timestamp("2022", tz="UTC"), pd.Timestamp("2023", tz="Asia/Tokyo")]),
        "mix time zones",
    ),
    "lists as dates": (frame(date=[[1], [2]]), "no date"),
    "either order": (frame(date=["03/04/2022", "05/06/2023"]), "say date_format="),
    "two orders": (frame(date=["31/12/2022", "12/31/2023"]), "two orders"),
    "years of two digits": (frame(date=["31/12/22", "31/12/23"]), "year of two digits"),
    "a day without a year": (frame(date=["20-Dec", "21-Dec"]), "neither a year nor a date"),
    "infinite": (frame(value=[np.inf, 1.0]), "is not a number"),
    "negative": (frame(value=[-5.0, 21_000.0]), "row 0: price -5 is not positive"),
    "zero": (frame(value=[0.0, 21_000.0]), "price 0 is not positive"),
    "text": (frame(value=["ten", "21000"]), "row 0: 'ten' is not a number"),
    "truths": (frame(value=[True, False]), "is not a number"),
    "complex": (frame(value=[1j, 2j]), "is not a number"),
    "lists as values": (frame(value=[[1], [2]]), "is not a number"),
    "either mark": (frame(value=["21.000", "25.000"]), "say decimal='.' or thousands='.'"),
    "two marks": (frame(value=["21000,5", "25000.5"]), "written in two ways"),
    "other money": (frame(value=["€25000", "€21000"]), "is not a number"),
    "a formula": (frame(value=["=1+1", "=2+2"]), "'=1+1' is not a number"),
    "only blanks": (frame(value=[None, None]), "no rows; 2 dates without a value"),
    "twice": (frame(date=[2022, 2022]), "given more than once"),
    "a year and its months": (
        frame(date=["2023", "2023-02"], value=[21_000.0, 21_500.0]),
        "2023 is given by month and year",
    ),
    "the future": (frame(date=[2027, 2028]), "say until="),
    "kilograms": (frame(value=[25.0, 21.0]), "looks like USD per kg of contained Ni"),
    "pounds": (frame(value=[11.5, 9.6]), "looks like USD per lb of contained Ni"),
    "yuan": (frame(value=[180_000.0, 155_000.0]), "looks like CNY per t of contained Ni"),
    "one day a year": (frame(date=["2022-12-30", "2023-12-29"]), "frequency='quarter' or 'year'"),
    "half a year": (
        pd.DataFrame({"date": ["2023-01", "2023-02", "2023-03"], "value": 21_000.0}),
        "3 rows of 2023 (25% of the year)",
    ),
}


@pytest.mark.parametrize("what", FRAMES)
def test_data(what: str) -> None:
    refused(*FRAMES[what])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": 5}, "name 5: use letters"),
        ({"name": ""}, "use letters"),
        ({"name": "../x"}, "use letters"),
        ({"name": "<b>"}, "use letters"),
        ({"mineral": "nickle"}, "did you mean 'nickel'"),
        ({"mineral": None}, "None"),
        ({"unit": None}, "missing unit"),
        ({"unit": 5}, "got 5"),
        ({"unit": "kt"}, "expected one of price"),
        ({"unit": "USD/t oxide"}, "form of nickel"),
        ({"kind": "prices"}, "did you mean 'price'"),
        ({"kind": "production", "unit": "USD/t"}, "expected one of mass"),
        ({"kind": "production", "unit": "t"}, "missing country"),
        ({"columns": ["Date", "Price"]}, "columns must be a mapping"),
        ({"columns": {"valu": "Price"}}, "did you mean 'value'"),
        ({"columns": {"value": 3}}, "name of a column, got 3"),
        ({"columns": {"value": "date"}}, "stands for two things"),
        ({"columns": {"value": "Price"}}, "missing Price"),
        ({"symbol": 7}, "symbol must be text"),
        ({"symbol": "NI"}, "missing symbol"),
        ({"symbol": "NI", "columns": {"symbol": "value"}}, "stands for two things"),
        ({"per_content": True, "unit": "USD/t nickel sulfate"}, "leave one of them out"),
        ({"place": "abroad"}, "unknown place 'abroad'"),
        ({"quality": "good"}, "unknown quality 'good'"),
        ({"vat": "German"}, "unknown vat"),
        ({"vat": 13}, "a rate such as 0.13"),
        ({"unit": "CNY/t"}, "say vat='china'"),
        ({"unit": "¥/t"}, "JPY or CNY"),
        ({"frequency": "weekly"}, "unknown frequency"),
        ({"frequency": "month"}, "the dates are of year"),
        ({"min_share": 0}, "min_share must be above 0"),
        ({"min_share": "half"}, "min_share must be above 0"),
        ({"until": "2025"}, "until must be a year"),
        ({"until": 1950}, "no rows of 1940 to 1950"),
        ({"decimal": ";"}, "unknown decimal mark"),
        ({"decimal": ",", "thousands": ","}, "both ','"),
        ({"date_format": "dd/mm"}, "with %Y or %y"),
        ({"date_format": 5}, "with %Y or %y"),
    ],
)
def test_arguments(options: dict[str, object], words: str) -> None:
    refused(frame(), words, **options)


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, part in parts.items():
            book.writestr(name, part)
    return out.getvalue()


def workbook(change: dict[str, bytes]) -> bytes:
    """A sound workbook with some of its parts replaced."""
    book = openpyxl.Workbook()
    book.active.append(["date", "value"])
    book.active.append([2023, 21_000])
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as parts:
        return zipped({name: parts.read(name) for name in parts.namelist()} | change)


SHEET = "xl/worksheets/sheet1.xml"
FAR_CELL = (
    b'<worksheet><sheetData><row r="1048576"><c r="XFD1048576"/></row></sheetData></worksheet>'
)
ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'
FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "it is empty"),
    "blank": (b" \n\n ", "it is empty"),
    "binary": (bytes(range(256)) * 10, "not a text"),
    "nuls": (b"date,value\n2023,\0\0\n", "not a text"),
    "a web page": (b"<!DOCTYPE html><html><table></table></html>", "a web page"),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + b"x" * 100, "save it as .xlsx"),
    "a pickle": (b"\x80\x04\x95\x10\x00\x00\x00", "not a text"),
    "json": (b'[{"date": 2023, "value": 5}]', "missing date and value"),
    "no header": (b"2022,25000\n2023,21000\n", "missing date and value"),
    "cells beyond": (b"date,value\n2023,21000,5\n", "row 2 has more cells than the 2 columns"),
    "many cells beyond": (b"date,value\n2023,1,2,3,4,5\n", "row 2 has more cells"),
    "too few cells": (b"date,value\n2023\n2022,25000\n2021,x\n", "row 4: 'x' is not a number"),
    "an open quote": (b'date,value\n2022,"25000\n2023,21000\n', "not a readable CSV table"),
    "a cut gz": (gzip.compress(b"date,value\n2023,21000\n" * 50)[:-12], "not a readable gz"),
    "a gz of a gz": (gzip.compress(gzip.compress(b"date,value\n")), "gz file within a gz"),
    "a gz bomb": (gzip.compress(b"0" * 201_000_000, 9), "unpacks to more than 200 MB"),
    "a cut workbook": (b"PK\x03\x04truncated", "not a readable .xlsx"),
    "a zip": (zipped({"prices.csv": b"date,value\n"}), "no workbook"),
    "a workbook bomb": (
        workbook({"xl/media/x.bin": b"0" * 201_000_000}),
        "unpacks to more than 200 MB",
    ),
    "a far cell": (workbook({SHEET: FAR_CELL}), "spans more than 20,000,000 cells"),
    "entities": (workbook({SHEET: ENTITIES}), "defines entities"),
    "a damaged sheet": (workbook({SHEET: b"<worksheet><sheetData><row>"}), "not a readable .xlsx"),
    "parquet's first letters": (b"PAR1" + b"x" * 50, "not a readable Parquet"),
}


@pytest.mark.parametrize("what", FILES)
def test_files(what: str, tmp_path: Path) -> None:
    content, words = FILES[what]
    path = tmp_path / "hostile.csv"
    path.write_bytes(content)
    refused(path, words)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"encoding": "utf-99"}, "unknown encoding 'utf-99'"),
        ({"encoding": "rot13"}, "unknown encoding 'rot13'"),
        ({"encoding": 5}, "unknown encoding 5"),
        ({"encoding": "ascii"}, "not a text in ascii"),
        ({"sheet": "Data"}, "is for workbooks"),
    ],
)
def test_options_of_files(options: dict[str, object], words: str, tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes("Prix en €\ndate,value\n2023,21000\n".encode())
    refused(path, words, **options)


def test_a_sheet_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "prices.xlsx"
    path.write_bytes(workbook({}))
    refused(path, "did you mean 'Sheet'", sheet="Shet")


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("date,value\n2023,21000\n")
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    refused(path, "cannot be opened")
