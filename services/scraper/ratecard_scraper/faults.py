"""Why a page could not be read, split by what happens next: an entry in the sync's errors, or an alert as well."""

from __future__ import annotations


class PageError(Exception):
    """A page is not there in this sync. The message says why."""


class DisallowedError(PageError):
    """The site's robots.txt, or the operator's rules, do not let us read the page."""


class BlockedError(PageError):
    """The site takes us for somebody to keep out: an administrator must see this."""
