import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetSignalRequest(_message.Message):
    __slots__ = ("minute", "interval")
    MINUTE_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    minute: _timestamp_pb2.Timestamp
    interval: _duration_pb2.Duration
    def __init__(self, minute: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GetSignalResponse(_message.Message):
    __slots__ = ("signal", "generator_time")
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    GENERATOR_TIME_FIELD_NUMBER: _ClassVar[int]
    signal: Signal
    generator_time: _timestamp_pb2.Timestamp
    def __init__(self, signal: _Optional[_Union[Signal, _Mapping]] = ..., generator_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Signal(_message.Message):
    __slots__ = ("generator", "run_id", "minute", "value", "produced_at")
    GENERATOR_FIELD_NUMBER: _ClassVar[int]
    RUN_ID_FIELD_NUMBER: _ClassVar[int]
    MINUTE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    PRODUCED_AT_FIELD_NUMBER: _ClassVar[int]
    generator: str
    run_id: str
    minute: _timestamp_pb2.Timestamp
    value: float
    produced_at: _timestamp_pb2.Timestamp
    def __init__(self, generator: _Optional[str] = ..., run_id: _Optional[str] = ..., minute: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., value: _Optional[float] = ..., produced_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
