"""The standard health service (`grpc.health.v1`) over the outcomes.

Its two messages are described here, in a pool of their own: they would collide with those of
`grpcio-health-checking` where a process has both.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode

from .._chassis.retry import Refused
from .outcomes import Outcomes
from .service import SERVICE, Context, check_caller, refuse

_SERVING, _NOT_SERVING = 1, 2


def _described() -> tuple[Any, Any]:
    file = FileDescriptorProto(name="health.proto", package="grpc.health.v1", syntax="proto3")
    for message, field, kind in (
        ("HealthCheckRequest", "service", FieldDescriptorProto.TYPE_STRING),
        # An enumeration, which on the wire is the same as its number.
        ("HealthCheckResponse", "status", FieldDescriptorProto.TYPE_INT32),
    ):
        described = file.message_type.add(name=message)
        described.field.add(name=field, number=1, type=kind, label=FieldDescriptorProto.LABEL_OPTIONAL)
    pool = DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    names = ("grpc.health.v1.HealthCheckRequest", "grpc.health.v1.HealthCheckResponse")
    request, response = (GetMessageClass(pool.FindMessageTypeByName(name)) for name in names)
    return request, response


_Request, _Response = _described()


class Health:
    """`""` is SERVING as long as the server answers, the generator's service while the last minute has a
    signal."""

    def __init__(self, outcomes: Outcomes, known_callers: bool) -> None:
        self._outcomes = outcomes
        self._known_callers = known_callers

    def handler(self) -> grpc.GenericRpcHandler:
        """What answers the calls."""
        codec = {"request_deserializer": _Request.FromString, "response_serializer": _Response.SerializeToString}
        return grpc.method_handlers_generic_handler(
            "grpc.health.v1.Health",
            {
                "Check": grpc.unary_unary_rpc_method_handler(self._check, **codec),
                "Watch": grpc.unary_stream_rpc_method_handler(self._watch, **codec),
            },
        )

    async def _check(self, request: Any, context: Context) -> Message:
        await self._admit(request, context)
        return self._answer(request)

    async def _watch(self, request: Any, context: Context) -> AsyncIterator[Message]:
        """The present health, then every change of it, until the generator stops."""
        await self._admit(request, context)
        said: Message | None = None
        while not self._outcomes.stopped:
            present = self._answer(request)
            if present != said:
                yield present
                said = present
            await self._outcomes.changed()

    async def _admit(self, request: Any, context: Context) -> None:
        if self._known_callers:
            try:
                check_caller(context)
            except Refused as refused:
                await refuse(context, refused.status)
        if request.service not in ("", SERVICE):
            await context.abort(StatusCode.NOT_FOUND, f'this server has "" and "{SERVICE}"')

    def _answer(self, request: Any) -> Message:
        newest = self._outcomes.newest
        serving = not request.service or (newest is not None and newest.is_good)
        answer: Message = _Response(status=_SERVING if serving else _NOT_SERVING)
        return answer
