"""Recognises that a site keeps us out, also where it says so with status 200 and a page that asks for a human."""

from __future__ import annotations

import re
from typing import Final

from ratecard_shared.http import Answer

_REFUSALS: Final = {403: "HTTP 403 (forbidden)", 429: "HTTP 429 (too many requests)"}

_CHALLENGES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), what)
    for pattern, what in (
        (r"<title>\s*just a moment", "a Cloudflare challenge"),
        (r"<title>\s*attention required!", "a Cloudflare block page"),
        (r"_cf_chl_opt\s*=", "a Cloudflare challenge"),
        (r"captcha-delivery\.com", "a DataDome captcha"),
        (r"px-captcha", "a PerimeterX captcha"),
        (r"_Incapsula_Resource", "an Imperva challenge"),
        (r"awsWafCookieDomainList|gokuProps", "an AWS WAF challenge"),
    )
)
_WIDGETS: Final = re.compile(
    r"captcha|are you (?:a )?(?:human|robot)|verify (?:that )?you are (?:a )?human|unusual traffic|access denied"
    r"|enable javascript and cookies|checking your browser",
    re.IGNORECASE,
)
_HIDDEN: Final = re.compile(r"<(script|style)\b[^>]*>.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_PRICE: Final = re.compile(r"[$€£¥]\s?\d")
_HEAD: Final = 32 * 1024
_MOST_WORDS_OF_A_CHALLENGE: Final = 1500


def blocked_by(answer: Answer) -> str | None:
    """Return what keeps us out, if something does. A page with prices on it is never taken for a challenge."""
    if answer.headers.get("cf-mitigated", "").lower() == "challenge":
        return "a Cloudflare challenge"
    return _REFUSALS.get(answer.status) or challenge_in(answer.body)


def challenge_in(body: bytes) -> str | None:
    """Return the name of the challenge or captcha that `body` consists of, if it does."""
    head = body[:_HEAD].decode("utf-8", errors="replace")
    for pattern, what in _CHALLENGES:
        if pattern.search(head):
            return what
    if len(body) > _HEAD or not (found := _WIDGETS.search(head)):
        return None
    visible = " ".join(_HIDDEN.sub(" ", head).split())
    if len(visible) > _MOST_WORDS_OF_A_CHALLENGE or _PRICE.search(visible):
        return None
    return f"a page that asks for a human ({found[0]!r})"
