"""What a process ends with: one set of exit codes for all (rule C3)."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes besides 0, done."""

    FAILED = 1
    USAGE = 2
    REFUSED = 6
    """Refused for good: whoever supervises must not start it again."""


class Failure(Exception):
    """Why a process ended without success: a code for scripts and a message for people."""

    def __init__(self, exit: Exit, message: str) -> None:
        super().__init__(message)
        self.exit = exit
        self.message = message
