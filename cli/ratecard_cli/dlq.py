"""`ratecard dlq`: the records that services could not handle, shown and put back. Nothing is put back twice unasked."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from ratecard_cli import running
from ratecard_cli.dead_letters import Box, Letter, boxes, put_back
from ratecard_cli.faults import CommandError, UsageError
from ratecard_cli.letter_text import shown_value, without_secrets
from ratecard_cli.terminal import Flag, Json, note, on_terminal, say, show_table, write_json
from ratecard_shared.settings import KafkaSettings, load
from ratecard_shared.topics import GROUPS, dead_letters

_COLUMNS: Final = ("group", "letters", "waiting", "newest", "why the newest")
_MANY: Final = 10

Which = Annotated[str | None, Parameter(show_default=False)]


def dlq(
    action: Literal["list", "show", "replay"] = "list",
    group: str | None = None,
    which: Which = None,
    /,
    *,
    limit: Annotated[int, Parameter(validator=Number(gte=1))] = 20,
    dry_run: Flag = False,
    again: Flag = False,
    yes: Flag = False,
    as_json: Json = False,
) -> None:
    """List dead letters, show those of a consumer group, or replay them: put them back where they came from.

    Parameters
    ----------
    action
        `list` how many each group has, `show` those of one group, or `replay` them.
    group
        The consumer group, as `ratecard dlq list` names it.
    which
        Letters by their numbers: 7, 3-9, or 3,5-9. Without it: all that were not replayed yet.
    limit
        With `show`: so many, the newest.
    dry_run
        With `replay`: say what would be put back, and put nothing back.
    again
        Take also letters that were replayed before.
    yes
        With `replay`: do not ask, however many they are.
    as_json
        Print JSON.
    """
    settings = load(KafkaSettings, running.environ())
    if action == "list":
        if group is not None:
            raise UsageError(f"`ratecard dlq list` lists all groups: `ratecard dlq show {group}` shows one")
        _list(asyncio.run(boxes(settings, GROUPS, values=False)), as_json=as_json)
        return
    if group not in GROUPS:
        unknown = f"there is no group {group!r}: " if group else ""
        raise UsageError(f"{unknown}say which group: {', '.join(GROUPS)}")
    (box,) = asyncio.run(boxes(settings, (group,)))
    letters = chosen(box, which, again=again or (action == "show" and which is not None))
    if action == "show":
        _show(box, letters, limit=limit, as_json=as_json)
    else:
        _replay(settings, box, letters, dry_run=dry_run, yes=yes, as_json=as_json)


def chosen(box: Box, which: str | None, *, again: bool) -> Sequence[Letter]:
    """Return the letters that were asked for, without those that were put back before unless `again`."""
    wanted = ranges(which) if which is not None else [range(sys.maxsize)]
    found = [letter for letter in box.letters if any(letter.number in numbers for numbers in wanted)]
    if which is not None and not found:
        raise UsageError(f"{dead_letters(box.group)} has no letter {which}: `ratecard dlq show {box.group}` shows all")
    fresh = found if again else [letter for letter in found if letter.number not in box.replayed]
    if which is not None and not fresh:
        raise CommandError(f"{which} of {box.group}: replayed before, and not again unless you say --again")
    return fresh


def ranges(which: str) -> list[range]:
    """Return the numbers that a text like 3,5-9 names."""
    try:
        pairs = [part.split("-", 1) for part in which.split(",")]
        return [range(int(pair[0]), int(pair[-1]) + 1) for pair in pairs]
    except ValueError as error:
        raise UsageError(f"{which!r} does not name letters: say 7, 3-9, or 3,5-9") from error


def _list(found: Sequence[Box], *, as_json: bool) -> None:
    if as_json:
        write_json({"groups": [_counts(box) for box in found]})
        return
    rows = [_row(box) for box in found if box.letters]
    if rows:
        show_table("Dead letters", _COLUMNS, rows, right=_COLUMNS[1:3], whole=_COLUMNS[:4])
    else:
        say("There are no dead letters.")


def _counts(box: Box) -> dict[str, Any]:
    newest = box.letters[-1] if box.letters else None
    return {
        "group": box.group,
        "letters": len(box.letters),
        "waiting": len(box.waiting),
        "newest": newest.at if newest else None,
        "error": without_secrets(newest.error) if newest else None,
    }


def _row(box: Box) -> tuple[str, ...]:
    newest = box.letters[-1]
    why = without_secrets(newest.error)
    return (box.group, str(len(box.letters)), str(len(box.waiting)), newest.at[:19], why)


def _show(box: Box, found: Sequence[Letter], *, limit: int, as_json: bool) -> None:
    letters = found[-limit:]
    if as_json:
        write_json({"group": box.group, "letters": [_as_json(letter, box) for letter in letters]})
        return
    for letter in letters:
        replayed = ", replayed" if letter.number in box.replayed else ""
        say(f"{letter.number}  {letter.place}  {letter.at[:19]}{replayed}")
        say(f"    why: {without_secrets(letter.error)}")
        say(f"    value: {shown_value(letter.value)}")
    if not letters:
        say(f"No dead letters of {box.group} wait.")
    elif len(found) > len(letters):
        note(f"{len(found) - len(letters)} older ones are not shown: see --limit")


def _as_json(letter: Letter, box: Box) -> dict[str, Any]:
    return {
        "number": letter.number,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "at": letter.at,
        "error": without_secrets(letter.error),
        "replayed": letter.number in box.replayed,
        "value": shown_value(letter.value),
    }


def _replay(
    settings: KafkaSettings, box: Box, letters: Sequence[Letter], *, dry_run: bool, yes: bool, as_json: bool
) -> None:
    if not (dry_run or yes) and len(letters) > _MANY:
        _ask(len(letters), box.group)
    if not dry_run:
        asyncio.run(put_back(settings, box.group, letters))
    if as_json:
        told = [{"number": letter.number, "topic": letter.topic, "partition": letter.partition} for letter in letters]
        write_json({"group": box.group, "dryRun": dry_run, "replayed": told})
        return
    for letter in letters:
        say(f"{letter.number}  {'would go' if dry_run else 'went'} back to {letter.topic}/{letter.partition}")
    if not letters:
        say(f"No dead letters of {box.group} wait.")


def _ask(count: int, group: str) -> None:
    if not on_terminal():
        raise UsageError(f"{count} letters of {group} are many: say --yes if you mean it, or which ones")
    if input(f"Put {count} letters of {group} back onto their topics? [y/N] ").strip().lower() not in ("y", "yes"):
        raise CommandError("nothing was put back")
