"""Times as people write them in a URL: a day, or a time with or without its zone. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from ratecard_registry.problems import Problem


def moment(text: str | None, name: str, of_day: time = time.min) -> datetime | None:
    """Return the time in UTC, None for none. A day means its `of_day`. Raises Problem."""
    if not text:
        return None
    try:
        if len(text) == len("2030-01-31"):
            return datetime.combine(date.fromisoformat(text), of_day, UTC)
        # A plus sign in a query string arrives as a space.
        found = datetime.fromisoformat(text.replace(" ", "+"))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise Problem(400, f"`{name}` takes 2030-01-31 or 2030-01-31T12:00:00Z, not {text!r}.") from error
