"""A strategy's word for one minute: a decision or an abstention."""

from __future__ import annotations

from dataclasses import dataclass

from .._chassis import wire
from .._chassis.grid import ClockOffset
from ..v1 import trader_pb2 as pb
from .signals import Signal

#: Longest cause of an abstention, in bytes, that the trader takes.
CAUSE_BYTES_MAX = 1_024

_MARK = "…"


@dataclass(frozen=True)
class Hold:
    """What a strategy holds a name by."""

    journal: str
    """Id of the journal that gave the epoch."""
    epoch: int
    """Fencing number."""


@dataclass(frozen=True)
class Decision:
    """A finite number."""

    value: float


@dataclass(frozen=True)
class Abstention:
    """Why there is no decision: it fits the wire."""

    cause: str

    @classmethod
    def of(cls, cause: str) -> Abstention:
        """A cause that is too long is cut between characters."""
        text = cause.encode(errors="replace")
        if len(text) > CAUSE_BYTES_MAX:
            text = text[: CAUSE_BYTES_MAX - len(_MARK.encode())]
            return cls(text.decode(errors="ignore") + _MARK)
        return cls(text.decode())


@dataclass(frozen=True)
class Submission:
    """A strategy's word for one minute. It is made once, and repeated as it is."""

    minute: int
    decided_at: int
    """By the strategy's clock."""
    content: Decision | Abstention
    signals: tuple[Signal, ...]
    """What is behind it."""

    def to_wire(self, name: str, instance: str, hold: Hold, offset: ClockOffset | None) -> pb.SubmitRequest:
        """For the wire: said by `instance` of `name` under `hold`."""
        message = pb.SubmitRequest(
            name=name,
            instance=instance,
            journal=hold.journal,
            epoch=hold.epoch,
            minute=wire.timestamp(self.minute),
            decided_at=wire.timestamp(self.decided_at),
            signals=[signal.to_wire() for signal in self.signals],
        )
        if isinstance(self.content, Decision):
            message.decision = self.content.value
        else:
            message.abstention = self.content.cause
        if offset is not None:
            message.clock_offset.offset.CopyFrom(wire.duration(offset.micros))
            message.clock_offset.uncertainty.CopyFrom(wire.duration(offset.uncertainty))
        return message
