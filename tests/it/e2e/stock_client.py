"""Both servers through Google's own gRPC, which knows of them what reflection tells and nothing else.

stock_client.py refused|current GENERATOR_PORT TRADER_PORT
"""

import sys

import grpc
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass
from google.rpc.error_details_pb2 import ErrorInfo, PreconditionFailure
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_status import rpc_status

TIMEOUT = 20
HEALTH = "grpc.health.v1.Health"
GENERATOR = "minutehand.v1.GeneratorService"
TRADER = "minutehand.v1.TraderService"


class Server:
    """A server on this machine, and what it says of itself."""

    def __init__(self, port):
        self.channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.database = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = DescriptorPool(self.database)

    def services(self):
        return set(self.database.get_services())

    def call(self, service, method, /, **fields):
        described = self.pool.FindServiceByName(service).methods_by_name[method]
        kind = self.channel.unary_stream if described.server_streaming else self.channel.unary_unary
        call = kind(
            f"/{service}/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=GetMessageClass(described.output_type).FromString,
        )
        return call(GetMessageClass(described.input_type)(**fields), timeout=TIMEOUT)

    def health(self, service):
        answer = self.call(HEALTH, "Check", service=service)
        return name_of(answer, "status")


def name_of(message, field):
    """The name of an enumeration's value, which the descriptor alone knows."""
    values = message.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return values[getattr(message, field)].name


def details(error, kind):
    """The one detail of this kind that a refusal carries."""
    found = kind()
    unpacked = [detail.Unpack(found) for detail in rpc_status.from_call(error).details]
    assert unpacked.count(True) == 1, error
    return found


def refused(generator, trader):
    """Nobody is registered, and somebody should be."""
    assert {HEALTH, GENERATOR} <= generator.services(), generator.services()
    assert {HEALTH, TRADER} <= trader.services(), trader.services()
    assert generator.health("") == "SERVING"
    assert trader.health("") == "SERVING"
    assert trader.health(TRADER) == "NOT_SERVING"

    status = trader.call(TRADER, "GetStatus")
    assert name_of(status, "state") == "STATE_ERROR", status
    assert status.interval.seconds == 2, status
    first = next(iter(trader.call(TRADER, "Watch")))
    assert name_of(first.state_change, "to") == "STATE_ERROR", first

    try:
        trader.call(TRADER, "GetMedian")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.FAILED_PRECONDITION, error
        info = details(error, ErrorInfo)
        assert (info.domain, info.reason) == ("minutehand", "no-median"), info
        assert info.metadata["state"] == "ERROR", info
        (violation,) = details(error, PreconditionFailure).violations
        assert (violation.type, violation.subject) == ("too-few", "trader"), violation
        assert "X" in violation.description, violation
    else:
        raise AssertionError("there is a median")


def current(generator, trader):
    """X is registered, and decides."""
    signal = generator.call(GENERATOR, "GetSignal").signal
    assert signal.generator == "a" and 0 <= signal.value < 1, signal
    # Any one minute may fail on a busy machine: some later one has a median that is current.
    for told in trader.call(TRADER, "Watch"):
        if told.WhichOneof("event") == "verdict" and told.verdict.HasField("median"):
            try:
                median = trader.call(TRADER, "GetMedian")
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.FAILED_PRECONDITION, error
                continue
            if median.minute == told.verdict.minute:
                assert median.median == told.verdict.median, median
                assert median.count == 1 and name_of(median, "state") == "STATE_OK", median
                return


if __name__ == "__main__":
    STORY, GENERATOR_PORT, TRADER_PORT = sys.argv[1:]
    {"refused": refused, "current": current}[STORY](Server(GENERATOR_PORT), Server(TRADER_PORT))
