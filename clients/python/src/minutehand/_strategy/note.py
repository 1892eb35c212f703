"""What a strategy says in its log."""

from __future__ import annotations

from dataclasses import dataclass

from .._chassis import grid, log
from .._chassis.grid import ClockOffset, show_instant
from .signals import show_value


class Note:
    """One line."""

    def log(self, name: str, trader: str) -> None:
        """Writes it: said by strategy `name` about `trader`."""
        raise NotImplementedError


@dataclass(frozen=True)
class RegisteredAs(Note):
    """The trader has the strategy on its list."""

    epoch: int
    first_minute: int
    taken_over: bool

    def log(self, name: str, trader: str) -> None:
        first_minute = show_instant(self.first_minute)
        log.info(f"registered {name}", epoch=self.epoch, first_minute=first_minute, taken_over=self.taken_over)


@dataclass(frozen=True)
class NoSession(Note):
    """There is no session; it is tried again."""

    cause: str

    def log(self, name: str, trader: str) -> None:
        log.warn(f"trader {trader}: {self.cause}; retrying")


@dataclass(frozen=True)
class Submitted(Note):
    """A decision was received by the trader."""

    minute: int
    decision: float

    def log(self, name: str, trader: str) -> None:
        log.info(f"submitted {show_value(self.decision)} for {show_instant(self.minute)}")


@dataclass(frozen=True)
class Abstained(Note):
    """There is no decision for a minute."""

    minute: int
    cause: str

    def log(self, name: str, trader: str) -> None:
        log.warn(f"no decision for {show_instant(self.minute)}: {self.cause}")


@dataclass(frozen=True)
class Refused(Note):
    """A submission was refused."""

    minute: int
    message: str

    def log(self, name: str, trader: str) -> None:
        log.warn(f"trader {trader} refused the submission for {show_instant(self.minute)}: {self.message}")


@dataclass(frozen=True)
class Unanswered(Note):
    """A submission was not answered before the grace was over."""

    minute: int
    cause: str

    def log(self, name: str, trader: str) -> None:
        log.warn(f"trader {trader} did not answer the submission for {show_instant(self.minute)}: {self.cause}")


@dataclass(frozen=True)
class Skipped(Note):
    """Minutes went by while this process, or its clock, did not: so many before this one."""

    count: int
    minute: int

    def log(self, name: str, trader: str) -> None:
        log.warn(
            f"{self.count} minutes before {show_instant(self.minute)} went by unattended: the process "
            "was stopped or the clock stepped"
        )


@dataclass(frozen=True)
class Missed(Note):
    """A minute was reached only after its grace."""

    minute: int
    now: int

    def log(self, name: str, trader: str) -> None:
        log.warn(f"too late for {show_instant(self.minute)}: it is {show_instant(self.now)}")


@dataclass(frozen=True)
class ClocksApart(Note):
    """The clocks differ by more than the skew."""

    offset: ClockOffset
    skew: int

    def log(self, name: str, trader: str) -> None:
        log.warn(clocks_apart(self.offset, self.skew))


@dataclass(frozen=True)
class ClocksAgree(Note):
    """They did, and do not any more."""

    offset: ClockOffset

    def log(self, name: str, trader: str) -> None:
        log.info(f"the clocks agree again: {self.offset}")


def clocks_apart(offset: ClockOffset, skew: int) -> str:
    """Why a strategy abstains whose clock is not the trader's."""
    return (
        f"the trader's clock less this machine's is {offset}, more than the skew of "
        f"{grid.seconds(skew):.3f} s: set the clock that is wrong; there are no decisions until they agree"
    )
