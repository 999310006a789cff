"""`ratecard completion`: what a shell needs to complete commands, options and their values."""

from __future__ import annotations

import sys
from typing import Literal


def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print a script that lets a shell complete `ratecard`.

    For bash: `source <(ratecard completion bash)`, also in ~/.bashrc. For zsh: the same after `compinit`, in ~/.zshrc.
    For fish: `ratecard completion fish | source`, in ~/.config/fish/config.fish.

    Parameters
    ----------
    shell
        Which shell.
    """
    # The commands are described where the whole command is put together, which imports us.
    from ratecard_cli.__main__ import command  # noqa: PLC0415

    sys.stdout.write(command().generate_completion(prog_name="ratecard", shell=shell))
