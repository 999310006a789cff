"""Bytes to text: what a page declares is believed only where its bytes are no UTF-8, and no declaration is a crash."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecard_pages.document import read_document

PAGE = "<html><head><meta charset={}></head><body><p>每百万 tokens 输入 2元 · naïve €</p></body></html>"


@pytest.mark.parametrize("encoding", ["gb18030", "GBK", "big5", "euc-kr", "shift_jis"])
def test_a_declared_encoding_is_read(encoding: str) -> None:
    page = PAGE.format(encoding).encode(encoding, errors="ignore")
    assert read_document(page).text == page.decode(encoding)


@pytest.mark.parametrize("declared", ["iso-8859-1", "gbk", "utf-16", "nonsense"])
def test_a_wrong_declaration_of_a_page_in_utf_8_changes_nothing(declared: str) -> None:
    page = PAGE.format(declared)
    assert read_document(page.encode()).text == page


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")],
)
def test_a_byte_order_mark_is_stronger_than_a_declaration(mark: bytes, encoding: str) -> None:
    page = PAGE.format("gbk")
    assert read_document(mark + page.encode(encoding)).text == page


@pytest.mark.parametrize("declared", ["idna", "punycode", "undefined", "base64", "rot13", "..", ""])
@given(rest=st.binary(max_size=30))
def test_a_declaration_that_is_no_encoding_of_pages_is_no_crash(declared: str, rest: bytes) -> None:
    document = read_document(f"<meta charset='{declared}'>".encode() + b"<p>\xff" + rest)
    assert "\x00" not in document.text


def test_an_endless_beginning_of_a_declaration_is_not_searched_to_its_end() -> None:
    assert read_document(b"<p>" + b"<meta " * 500_000 + b"\xff").kind == "html"
