"""Refusals on the wire: building them with `google.rpc` details, and reading them again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import grpc
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status as RpcStatus
from grpc import StatusCode

#: Domain of every `google.rpc.ErrorInfo` that a server of this project sends.
ERROR_DOMAIN = "minutehand"

#: Where gRPC carries the details of a status.
DETAILS = "grpc-status-details-bin"

#: The same call may well succeed a moment later.
_PASSING = (
    StatusCode.UNAVAILABLE,
    StatusCode.RESOURCE_EXHAUSTED,
    StatusCode.CANCELLED,
    StatusCode.DEADLINE_EXCEEDED,
)

#: What an answer is that was cut off, or that no server of this project gives: without a reason it
#: is no refusal.
_GARBLED = (StatusCode.INTERNAL, StatusCode.UNKNOWN, StatusCode.DATA_LOSS, StatusCode.OUT_OF_RANGE)

_CLOSED = "the connection was closed"
_SILENT = "no answer to a probe of the connection"
#: How gRPC tells what the system said, whose number it adds or not.
_SYSTEM = re.compile(r"(?:Failed to connect to remote host|recvmsg|sendmsg):(?:.*:)? ?(\w[\w ]*?)(?: \(\d+\))?$")

#: What gRPC says before the rest: which code, and which address.
_WHERE = re.compile(r"^[A-Z_]+: (?:ipv4|ipv6|unix):\S+: ")


@dataclass(frozen=True)
class Status:
    """How a call ended that did not succeed."""

    code: StatusCode
    message: str
    reason: str = ""
    """The machine-readable reason that the server gave, if it gave one."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """Further facts that the server gave."""

    @classmethod
    def of(cls, error: grpc.aio.AioRpcError) -> Status:
        """What a call raised."""
        info = _error_info(error)
        message = error.details() or error.code().name.lower().replace("_", " ")
        if info is None:
            return cls(error.code(), root_cause(message))
        return cls(error.code(), message, info.reason, dict(info.metadata))

    @property
    def is_transient(self) -> bool:
        """Whether the same call may well succeed a moment later."""
        return self.code in _PASSING or (self.code in _GARBLED and not self.reason)

    @property
    def is_silence(self) -> bool:
        """Whether time ran out while an answer was waited for."""
        return self.code in (StatusCode.CANCELLED, StatusCode.DEADLINE_EXCEEDED)


def unavailable(message: str) -> Status:
    """A failure that was seen on this side, and may pass."""
    return Status(StatusCode.UNAVAILABLE, message)


SILENCE = Status(StatusCode.DEADLINE_EXCEEDED, "no answer in time")


def details(code: StatusCode, reason: str, message: str) -> tuple[tuple[str, bytes], ...]:
    """The trailing metadata of a refusal."""
    status = RpcStatus(code=code.value[0], message=message)
    status.details.add().Pack(ErrorInfo(reason=reason, domain=ERROR_DOMAIN))
    return ((DETAILS, status.SerializeToString()),)


def root_cause(message: str) -> str:
    """What went wrong with a link, for a person: the operating system's word if it is there."""
    if system := _SYSTEM.search(message):
        return system[1].lower()
    if "Socket closed" in message or "GOAWAY" in message:
        return _CLOSED
    if "keepalive" in message or "ping timeout" in message:
        return _SILENT
    if "Deadline Exceeded" in message:
        return SILENCE.message
    return _WHERE.sub("", message.rpartition("last error: ")[2])


def _error_info(error: grpc.aio.AioRpcError) -> ErrorInfo | None:
    status, info = RpcStatus(), ErrorInfo()
    try:
        for key, value in error.trailing_metadata() or ():
            if key == DETAILS and isinstance(value, bytes):
                status.ParseFromString(value)
        if any(detail.Unpack(info) for detail in status.details):
            return info
    except DecodeError:
        pass
    return None
