"""From bytes to text: which of the usual encodings a file is in."""

import codecs
import re
from collections.abc import Iterable

from critmin.exceptions import DataError, UnknownNameError

_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EASTERN = ("cp932", "gb18030", "euc_jp", "big5", "cp949")


def decoded(content: bytes, source: str, encoding: str | None, wanted: Iterable[str]) -> str:
    """The text of a file.

    Parameters
    ----------
    content : bytes
        Of the whole file.
    source : str
        What it came from, for messages.
    encoding : str or None
        Of the text, if it is known.
    wanted : iterable of str
        Names of columns: the encoding of Japan, China or Korea in which they are found is that of the file.

    Raises
    ------
    DataError
        If it is no text in what was tried.
    UnknownNameError
        If the encoding given is none.

    Examples
    --------
    >>> decoded("年月,価格".encode("cp932"), "a.csv", None, ["年月", "価格"])
    '年月,価格'
    """
    if content.startswith(_OLD_EXCEL):
        raise DataError(f"{source}: a workbook of the old kind (.xls): save it as .xlsx or .csv")
    if re.match(rb"\s*<(?:!doctype|html|table|\?xml)", content[:200], re.IGNORECASE):
        raise DataError(f"{source}: a web page, not a table: open it and save it as .xlsx or .csv")
    tried = [encoding] if encoding is not None else _encodings(content, [*wanted])
    for name in tried:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        except (LookupError, TypeError, ValueError) as error:
            raise UnknownNameError(
                f"unknown encoding {name!r}: expected such as 'utf-8', 'cp932'"
            ) from error
        if "\0" not in text:
            return text.removeprefix("\ufeff")
    raise DataError(
        f"{source}: not a text in {' or '.join(tried)}; say encoding=, such as 'cp932' or 'gb18030'"
    )


def _encodings(content: bytes, wanted: list[str]) -> list[str]:
    for mark, name in _MARKS:
        if content.startswith(mark):
            return [name]
    head = content[:2000]
    if head[1::2].count(0) > len(head) // 4:
        return ["utf-16-le"]
    if head[0::2].count(0) > len(head) // 4:
        return ["utf-16-be"]
    return ["utf-8", *(name for name in _EASTERN if _holds(content, name, wanted)), "cp1252"]


def _holds(content: bytes, encoding: str, wanted: list[str]) -> bool:
    """Whether names that are not in ASCII stand in the file in this encoding."""
    try:
        named = [name.encode(encoding) for name in wanted if not name.isascii()]
    except UnicodeEncodeError:
        return False
    return bool(named) and all(name in content for name in named)
