"""What keeps something from running on this machine. The message says what to do: show it, without a traceback."""

from __future__ import annotations


class LaptopError(RuntimeError):
    """Something cannot run here and now."""


class PortTakenError(LaptopError):
    """The port that was asked for is in use."""


class ProcessError(LaptopError):
    """A process that did not start, or stopped by itself; the message ends with the last lines of its log."""


class StateError(LaptopError):
    """The state folder, or what should be installed, cannot be used."""
