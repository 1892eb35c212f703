"""The generated modules, and instants as they are on the wire."""

import argparse
import asyncio
import sys

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

import common
from common import SECOND, now_us

# Classes are built on the generated modules, so where these are must be known before anything else.
STUBS = argparse.ArgumentParser(add_help=False)
STUBS.add_argument("--stubs", required=True, help="directory of the generated modules")
sys.path.append(STUBS.parse_known_args()[0].stubs)

from minutehand.v1 import generator_pb2, generator_pb2_grpc, trader_pb2, trader_pb2_grpc  # noqa: E402, F401


def stamp(instant):
    seconds, rest = divmod(instant, SECOND)
    return Timestamp(seconds=seconds, nanos=rest * 1000)


def span(length):
    seconds, rest = divmod(length, SECOND)
    return Duration(seconds=seconds, nanos=rest * 1000)


def microseconds(message):
    """Of a Timestamp or a Duration."""
    return message.seconds * SECOND + message.nanos // 1000


async def sleep_until(instant):
    """The loop's timers are a millisecond coarse, so the last two are slept in the thread, where nothing is due."""
    if (left := instant - now_us() - 2000) > 0:
        await asyncio.sleep(left / SECOND)
    common.sleep_until(instant)
