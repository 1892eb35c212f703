"""What an unsuccessful answer of the trader means for the strategy. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from grpc import StatusCode

from .._chassis.grid import ClockOffset
from .._chassis.status import Status


class Reason(Enum):
    """What a refusal means."""

    FENCED = auto()
    """Another instance has the name: refused for good."""
    DEREGISTERED = auto()
    """The name was taken off the list: refused for good."""
    INTERVAL = auto()
    """Strategy and trader do not mean the same minutes: refused for good."""
    TAKEN = auto()
    """Another instance with a living session has the name."""
    NOT_REGISTERED = auto()
    """The trader's journal does not know the hold: register anew."""
    PASSING = auto()
    """The link failed, or the trader is not ready: try again."""
    OTHER = auto()
    """This very request is refused, and would be again."""


@dataclass(frozen=True)
class Refusal:
    """The trader's refusal, or a lost link to it."""

    reason: Reason
    message: str
    """The root cause, for a person."""
    offset: ClockOffset | None = None
    """The trader's clock less this process's, where the refusal told."""


def classify(status: Status) -> Reason:
    """What a status means."""
    if status.is_transient:
        return Reason.PASSING
    if status.code is StatusCode.ABORTED:
        return Reason.DEREGISTERED if status.reason == "deregistered" else Reason.FENCED
    return {
        (StatusCode.FAILED_PRECONDITION, "interval"): Reason.INTERVAL,
        (StatusCode.ALREADY_EXISTS, "taken"): Reason.TAKEN,
        (StatusCode.NOT_FOUND, "not-registered"): Reason.NOT_REGISTERED,
    }.get((status.code, status.reason), Reason.OTHER)
