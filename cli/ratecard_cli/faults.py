"""What a command ends with when it cannot do what it was asked: one line for people, one exit code for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar


class CommandError(Exception):
    """It was tried and failed. The message says what happened and what to do."""

    exit_code: ClassVar[int] = 1


class UsageError(CommandError):
    """The arguments, a file that they name or a variable in the environment cannot be used."""

    exit_code = 2


class UnreachableError(CommandError):
    """The API, Kafka, PostgreSQL or a page cannot be reached."""

    exit_code = 3


class NotFoundError(CommandError):
    """There is no such model, sync or price. `nearest` are models that are spelled alike."""

    exit_code = 4

    def __init__(self, message: str, nearest: Sequence[str] = ()) -> None:
        """Say what is missing."""
        super().__init__(message)
        self.nearest = nearest
