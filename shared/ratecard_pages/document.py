"""Bytes to text, and what kind of page it is. The content decides, not a file's suffix or a header."""

from __future__ import annotations

import re
from typing import Final

import msgspec
from bs4.dammit import EncodingDetector

_TAGS: Final = re.compile(
    r"<(?:!doctype html|html|head|body|main|section|article|script|table|div|h[1-6]|p|span)\b", re.IGNORECASE
)
_MARKDOWN: Final = re.compile(r"^(?:#{1,6} \S|---\s*$|\|.*\||.*\|\s*:?-{3,})", re.MULTILINE)
_JSON: Final = re.compile(r"""\ufeff?\s*(?:\{\s*["}]|\[\s*[{\["\]])""")

_CHARSET_WITHIN: Final = 2_048
_BEGINS: Final = re.compile(r"<!doctype\s+html|<html\b", re.IGNORECASE)
_ENDS: Final = re.compile(r"</html\s*>", re.IGNORECASE)
_HEAD: Final = 2_000
_FOOT: Final = 4_000
"""Only comments and short scripts stand behind the end of a page; scripts before it may hold the same words."""

HTML: Final = "html"
MARKDOWN: Final = "markdown"
JSON: Final = "json"


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A page as text. `kind` is html, markdown or json. `cut` says why it is not the whole page, where it is not."""

    text: str
    kind: str
    cut: str | None = None


def read_document(body: bytes) -> Document:
    """Decode any bytes; what cannot be decoded becomes U+FFFD, which no name or figure is read across."""
    text = _decode(body).replace("\x00", "")
    kind = _kind(text)
    if kind != HTML:
        return Document(text=text, kind=kind)
    return Document(text=_without_torn_end(text), kind=kind, cut=_cut(text))


def _cut(text: str) -> str | None:
    """Why a HTML document is not whole, if it is not. A piece of HTML, as a reader saves it, has no end to look for."""
    if _BEGINS.search(text[:_HEAD]) and not _ENDS.search(text[-_FOOT:]):
        return "it begins as a HTML document, but its closing </html> is not there"
    return None


def _without_torn_end(text: str) -> str:
    """A page that ends within a tag or a text was cut off there: its last piece may be half a figure."""
    return text if text.rstrip().endswith(">") else text[: text.rfind("<")] if "<" in text else text


def _decode(body: bytes) -> str:
    """UTF-8 wherever the bytes are that: a declaration is often wrong, and bytes are UTF-8 by chance never."""
    data, encoding = EncodingDetector.strip_byte_order_mark(body)
    try:
        return data.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        declared = EncodingDetector.find_declared_encoding(data[:_CHARSET_WITHIN], is_html=True)
    try:
        return data.decode(encoding or declared or "utf-8", errors="replace")
    except (LookupError, UnicodeError):  # no encoding, or one that cannot leave out what it does not know
        return data.decode("utf-8", errors="replace")


def _kind(text: str) -> str:
    if _JSON.match(text) is not None:
        return JSON
    head = text.lstrip()[:2000].lower()
    if head.startswith("<") and _TAGS.match(head.lstrip("\ufeff")) is not None:
        return HTML
    if re.match(r"<!--|<!doctype|<\?xml", head):
        return HTML
    if _MARKDOWN.search(text) is not None:
        return MARKDOWN
    return HTML if _TAGS.search(text) is not None else MARKDOWN
