"""What goes into a session and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from .._chassis.channel import Address, local
from .._chassis.exits import Exit
from .._chassis.grid import ClockOffset
from .note import Note
from .refusal import Refusal
from .submission import Hold, Submission


@dataclass(frozen=True)
class Identity:
    """What stays the same while the process lives."""

    name: str
    trader: Address
    interval: int
    patience: int | None
    """How long it tries before it abstains; 0.8 × the trader's grace if not given."""

    @property
    def way_out(self) -> str:
        """How an operator takes the strategy off its trader's list."""
        if self.trader == local(1010):
            return f"deregister -n {self.name}"
        return f"deregister -n {self.name} --trader {self.trader}"


@dataclass(frozen=True)
class Registered:
    """The first message of a session."""

    hold: Hold
    taken_over: bool
    """The name was held by an instance that is gone."""
    first_minute: int
    """First minute that the strategy is expected in, by its start."""
    trader_time: int
    """The trader's clock, as it said."""
    offset: ClockOffset
    """The trader's clock less this process's."""
    interval: int
    grace: int
    skew: int


class Notice(Enum):
    """A later message of a session."""

    FENCED = auto()
    DEREGISTERED = auto()
    STOPPING = auto()


@dataclass(frozen=True)
class Received:
    """A submission was received."""

    offset: ClockOffset | None = None
    """The trader's clock less this process's."""


Answer = Received | Refusal
"""How a submission ended."""


@dataclass(frozen=True)
class Register:
    """Open a session, in place of any there is; the hold is empty at first contact."""

    hold: Hold | None


@dataclass(frozen=True)
class Ask:
    """Ask every generator for the minute's signal until the instant."""

    minute: int
    until: int


@dataclass(frozen=True)
class Submit:
    """Hand in, until the instant."""

    submission: Submission
    hold: Hold
    offset: ClockOffset | None
    until: int


@dataclass(frozen=True)
class Say:
    """Say it in the log."""

    note: Note


@dataclass(frozen=True)
class End:
    """End the process."""

    exit: Exit
    message: str


Action = Register | Ask | Submit | Say | End
"""What to do next."""
