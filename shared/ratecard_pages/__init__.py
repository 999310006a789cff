"""Pure: the bytes of a pricing page and a provider file make price rows or named refusals."""

from ratecard_pages.read import read_page
from ratecard_pages.reading import PageReading

__all__ = ["PageReading", "read_page"]
