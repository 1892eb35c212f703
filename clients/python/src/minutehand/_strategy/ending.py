"""Why a strategy ends by itself, in words that say what to do. Pure."""

from __future__ import annotations

from .._chassis.exits import Exit
from .._chassis.grid import Timing, TimingError, check_minute, seconds, show_duration, show_instant
from .exchange import End, Identity, Registered


class Disagreement(Exception):
    """The terms that the trader states, which this strategy cannot keep."""

    def __init__(self, end: End) -> None:
        super().__init__(end.message)
        self.end = end


def agree(identity: Identity, told: Registered) -> tuple[Timing, int]:
    """The trader's terms, with the patience that goes with them (rule T6); raises Disagreement."""
    interval = identity.interval
    if told.interval != interval:
        theirs, ours = show_duration(told.interval), show_duration(interval)
        message = f"the trader's interval is {theirs}, this strategy's is {ours}"
        raise Disagreement(other_interval(identity, message))
    unfit = f"the settings of trader {identity.trader} do not fit this strategy's"
    try:
        timing = Timing.of(interval, told.grace, told.skew)
    except TimingError as error:
        raise Disagreement(End(Exit.FAILED, f"{unfit}: {error}")) from None
    try:
        patience = timing.patience(identity.patience)
    except TimingError as error:
        raise Disagreement(End(Exit.FAILED, f"{unfit}: {error} (--patience)")) from None
    try:
        check_minute(told.first_minute, interval)
    except ValueError as error:
        raise Disagreement(End(Exit.FAILED, f"{unfit}: its first minute: {error}")) from None
    return timing, patience


def clocks_differ(identity: Identity, now: int, told: Registered) -> End:
    """A first contact with clocks apart."""
    return End(
        Exit.FAILED,
        f"the clocks differ too much: it was {show_instant(told.trader_time)} at trader {identity.trader} "
        f"and {show_instant(now)} here; the trader's clock less this one is {told.offset}, with "
        f"{seconds(told.skew):.3f} s tolerated; set the clock that is wrong and start again",
    )


def fenced(identity: Identity) -> End:
    """Another instance has the name."""
    return End(
        Exit.REFUSED,
        f"fenced: another instance of {identity.name} has taken the name over at trader "
        f"{identity.trader}; this one does not register again; if that was not intended, look for a "
        "second process of this name",
    )


def deregistered(identity: Identity) -> End:
    """The name was taken off the list."""
    return End(
        Exit.REFUSED,
        f"{identity.name} was deregistered at trader {identity.trader}; this instance does not register "
        "again; start it anew to take part",
    )


def other_interval(identity: Identity, message: str) -> End:
    """The trader has other minutes."""
    return End(
        Exit.REFUSED,
        f"{message}; start strategy {identity.name} with the same --interval as trader {identity.trader} "
        "and the generators",
    )


def still_taken(identity: Identity) -> End:
    """Somebody else has the name, and stays."""
    return End(
        Exit.FAILED,
        f"the name {identity.name} is taken: a strategy of that name is connected to trader "
        f"{identity.trader}; stop that one, or choose another --name",
    )


def never_accepted(identity: Identity, message: str) -> End:
    """A first contact that is refused altogether."""
    return End(Exit.FAILED, f"trader {identity.trader} refuses {identity.name}: {message}")


def stays(identity: Identity) -> str:
    """What an operator must know of a strategy that ends without deregistering itself."""
    return f"{identity.name} stays registered: `{identity.way_out}` takes it off the trader's list"
