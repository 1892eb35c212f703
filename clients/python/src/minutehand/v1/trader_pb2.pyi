import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from minutehand.v1 import generator_pb2 as _generator_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RegisterOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REGISTER_OUTCOME_UNSPECIFIED: _ClassVar[RegisterOutcome]
    REGISTER_OUTCOME_ACCEPTED: _ClassVar[RegisterOutcome]
    REGISTER_OUTCOME_TAKEN_OVER: _ClassVar[RegisterOutcome]

class SessionNotice(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SESSION_NOTICE_UNSPECIFIED: _ClassVar[SessionNotice]
    SESSION_NOTICE_FENCED: _ClassVar[SessionNotice]
    SESSION_NOTICE_DEREGISTERED: _ClassVar[SessionNotice]
    SESSION_NOTICE_STOPPING: _ClassVar[SessionNotice]

class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATE_UNSPECIFIED: _ClassVar[State]
    STATE_IDLE: _ClassVar[State]
    STATE_WAITING: _ClassVar[State]
    STATE_OK: _ClassVar[State]
    STATE_ERROR: _ClassVar[State]
    STATE_HALTED: _ClassVar[State]

class CauseCode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAUSE_CODE_UNSPECIFIED: _ClassVar[CauseCode]
    CAUSE_CODE_SILENT: _ClassVar[CauseCode]
    CAUSE_CODE_DISCONNECTED: _ClassVar[CauseCode]
    CAUSE_CODE_STALE: _ClassVar[CauseCode]
    CAUSE_CODE_FUTURE: _ClassVar[CauseCode]
    CAUSE_CODE_ABSTAINED: _ClassVar[CauseCode]
    CAUSE_CODE_CLOCK: _ClassVar[CauseCode]
    CAUSE_CODE_JOURNAL: _ClassVar[CauseCode]
    CAUSE_CODE_TOO_FEW: _ClassVar[CauseCode]

class VerdictKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_KIND_UNSPECIFIED: _ClassVar[VerdictKind]
    VERDICT_KIND_MEDIAN: _ClassVar[VerdictKind]
    VERDICT_KIND_FAILED: _ClassVar[VerdictKind]
    VERDICT_KIND_NO_STRATEGIES: _ClassVar[VerdictKind]
    VERDICT_KIND_HALTED: _ClassVar[VerdictKind]
    VERDICT_KIND_NOT_RUNNING: _ClassVar[VerdictKind]
REGISTER_OUTCOME_UNSPECIFIED: RegisterOutcome
REGISTER_OUTCOME_ACCEPTED: RegisterOutcome
REGISTER_OUTCOME_TAKEN_OVER: RegisterOutcome
SESSION_NOTICE_UNSPECIFIED: SessionNotice
SESSION_NOTICE_FENCED: SessionNotice
SESSION_NOTICE_DEREGISTERED: SessionNotice
SESSION_NOTICE_STOPPING: SessionNotice
STATE_UNSPECIFIED: State
STATE_IDLE: State
STATE_WAITING: State
STATE_OK: State
STATE_ERROR: State
STATE_HALTED: State
CAUSE_CODE_UNSPECIFIED: CauseCode
CAUSE_CODE_SILENT: CauseCode
CAUSE_CODE_DISCONNECTED: CauseCode
CAUSE_CODE_STALE: CauseCode
CAUSE_CODE_FUTURE: CauseCode
CAUSE_CODE_ABSTAINED: CauseCode
CAUSE_CODE_CLOCK: CauseCode
CAUSE_CODE_JOURNAL: CauseCode
CAUSE_CODE_TOO_FEW: CauseCode
VERDICT_KIND_UNSPECIFIED: VerdictKind
VERDICT_KIND_MEDIAN: VerdictKind
VERDICT_KIND_FAILED: VerdictKind
VERDICT_KIND_NO_STRATEGIES: VerdictKind
VERDICT_KIND_HALTED: VerdictKind
VERDICT_KIND_NOT_RUNNING: VerdictKind

class RegisterRequest(_message.Message):
    __slots__ = ("name", "instance", "interval", "journal", "epoch")
    NAME_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    name: str
    instance: str
    interval: _duration_pb2.Duration
    journal: str
    epoch: int
    def __init__(self, name: _Optional[str] = ..., instance: _Optional[str] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., journal: _Optional[str] = ..., epoch: _Optional[int] = ...) -> None: ...

class RegisterResponse(_message.Message):
    __slots__ = ("registered", "notice")
    REGISTERED_FIELD_NUMBER: _ClassVar[int]
    NOTICE_FIELD_NUMBER: _ClassVar[int]
    registered: Registered
    notice: SessionNotice
    def __init__(self, registered: _Optional[_Union[Registered, _Mapping]] = ..., notice: _Optional[_Union[SessionNotice, str]] = ...) -> None: ...

class Registered(_message.Message):
    __slots__ = ("outcome", "journal", "epoch", "first_minute", "trader_time", "interval", "grace", "skew")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    FIRST_MINUTE_FIELD_NUMBER: _ClassVar[int]
    TRADER_TIME_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    GRACE_FIELD_NUMBER: _ClassVar[int]
    SKEW_FIELD_NUMBER: _ClassVar[int]
    outcome: RegisterOutcome
    journal: str
    epoch: int
    first_minute: _timestamp_pb2.Timestamp
    trader_time: _timestamp_pb2.Timestamp
    interval: _duration_pb2.Duration
    grace: _duration_pb2.Duration
    skew: _duration_pb2.Duration
    def __init__(self, outcome: _Optional[_Union[RegisterOutcome, str]] = ..., journal: _Optional[str] = ..., epoch: _Optional[int] = ..., first_minute: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., trader_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., grace: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., skew: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class SubmitRequest(_message.Message):
    __slots__ = ("name", "instance", "journal", "epoch", "minute", "decided_at", "decision", "abstention", "signals", "clock_offset")
    NAME_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    MINUTE_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    ABSTENTION_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    CLOCK_OFFSET_FIELD_NUMBER: _ClassVar[int]
    name: str
    instance: str
    journal: str
    epoch: int
    minute: _timestamp_pb2.Timestamp
    decided_at: _timestamp_pb2.Timestamp
    decision: float
    abstention: str
    signals: _containers.RepeatedCompositeFieldContainer[_generator_pb2.Signal]
    clock_offset: ClockOffset
    def __init__(self, name: _Optional[str] = ..., instance: _Optional[str] = ..., journal: _Optional[str] = ..., epoch: _Optional[int] = ..., minute: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decided_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decision: _Optional[float] = ..., abstention: _Optional[str] = ..., signals: _Optional[_Iterable[_Union[_generator_pb2.Signal, _Mapping]]] = ..., clock_offset: _Optional[_Union[ClockOffset, _Mapping]] = ...) -> None: ...

class ClockOffset(_message.Message):
    __slots__ = ("offset", "uncertainty")
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    offset: _duration_pb2.Duration
    uncertainty: _duration_pb2.Duration
    def __init__(self, offset: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., uncertainty: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class SubmitResponse(_message.Message):
    __slots__ = ("duplicate", "trader_time")
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    TRADER_TIME_FIELD_NUMBER: _ClassVar[int]
    duplicate: bool
    trader_time: _timestamp_pb2.Timestamp
    def __init__(self, duplicate: bool = ..., trader_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DeregisterRequest(_message.Message):
    __slots__ = ("name", "instance", "epoch", "operator")
    NAME_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    name: str
    instance: str
    epoch: int
    operator: str
    def __init__(self, name: _Optional[str] = ..., instance: _Optional[str] = ..., epoch: _Optional[int] = ..., operator: _Optional[str] = ...) -> None: ...

class DeregisterResponse(_message.Message):
    __slots__ = ("trader_time",)
    TRADER_TIME_FIELD_NUMBER: _ClassVar[int]
    trader_time: _timestamp_pb2.Timestamp
    def __init__(self, trader_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetMedianRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetMedianResponse(_message.Message):
    __slots__ = ("minute", "median", "count", "lowest", "highest", "state", "trader_time", "valid_until")
    MINUTE_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    LOWEST_FIELD_NUMBER: _ClassVar[int]
    HIGHEST_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TRADER_TIME_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    minute: _timestamp_pb2.Timestamp
    median: float
    count: int
    lowest: float
    highest: float
    state: State
    trader_time: _timestamp_pb2.Timestamp
    valid_until: _timestamp_pb2.Timestamp
    def __init__(self, minute: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., median: _Optional[float] = ..., count: _Optional[int] = ..., lowest: _Optional[float] = ..., highest: _Optional[float] = ..., state: _Optional[_Union[State, str]] = ..., trader_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., valid_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Cause(_message.Message):
    __slots__ = ("subject", "code", "since", "last_seen", "detail")
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    subject: str
    code: CauseCode
    since: _timestamp_pb2.Timestamp
    last_seen: _timestamp_pb2.Timestamp
    detail: str
    def __init__(self, subject: _Optional[str] = ..., code: _Optional[_Union[CauseCode, str]] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_seen: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., detail: _Optional[str] = ...) -> None: ...

class Verdict(_message.Message):
    __slots__ = ("minute", "last_minute", "kind", "median", "count", "lowest", "highest", "state", "closed_at", "valid_until", "causes", "causes_total", "disagreeing_generators")
    MINUTE_FIELD_NUMBER: _ClassVar[int]
    LAST_MINUTE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    LOWEST_FIELD_NUMBER: _ClassVar[int]
    HIGHEST_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CLOSED_AT_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    CAUSES_FIELD_NUMBER: _ClassVar[int]
    CAUSES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    DISAGREEING_GENERATORS_FIELD_NUMBER: _ClassVar[int]
    minute: _timestamp_pb2.Timestamp
    last_minute: _timestamp_pb2.Timestamp
    kind: VerdictKind
    median: float
    count: int
    lowest: float
    highest: float
    state: State
    closed_at: _timestamp_pb2.Timestamp
    valid_until: _timestamp_pb2.Timestamp
    causes: _containers.RepeatedCompositeFieldContainer[Cause]
    causes_total: int
    disagreeing_generators: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, minute: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_minute: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., kind: _Optional[_Union[VerdictKind, str]] = ..., median: _Optional[float] = ..., count: _Optional[int] = ..., lowest: _Optional[float] = ..., highest: _Optional[float] = ..., state: _Optional[_Union[State, str]] = ..., closed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., valid_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., causes: _Optional[_Iterable[_Union[Cause, _Mapping]]] = ..., causes_total: _Optional[int] = ..., disagreeing_generators: _Optional[_Iterable[str]] = ...) -> None: ...

class GetStatusRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("state", "state_since", "causes", "causes_total", "halt", "last_verdict", "current_minute", "trader_time", "started_at", "version", "journal", "interval", "grace", "skew", "strategies", "strategies_total", "next_page_token")
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_SINCE_FIELD_NUMBER: _ClassVar[int]
    CAUSES_FIELD_NUMBER: _ClassVar[int]
    CAUSES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    HALT_FIELD_NUMBER: _ClassVar[int]
    LAST_VERDICT_FIELD_NUMBER: _ClassVar[int]
    CURRENT_MINUTE_FIELD_NUMBER: _ClassVar[int]
    TRADER_TIME_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    GRACE_FIELD_NUMBER: _ClassVar[int]
    SKEW_FIELD_NUMBER: _ClassVar[int]
    STRATEGIES_FIELD_NUMBER: _ClassVar[int]
    STRATEGIES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    state: State
    state_since: _timestamp_pb2.Timestamp
    causes: _containers.RepeatedCompositeFieldContainer[Cause]
    causes_total: int
    halt: HaltRecord
    last_verdict: Verdict
    current_minute: _timestamp_pb2.Timestamp
    trader_time: _timestamp_pb2.Timestamp
    started_at: _timestamp_pb2.Timestamp
    version: str
    journal: str
    interval: _duration_pb2.Duration
    grace: _duration_pb2.Duration
    skew: _duration_pb2.Duration
    strategies: _containers.RepeatedCompositeFieldContainer[StrategyStatus]
    strategies_total: int
    next_page_token: str
    def __init__(self, state: _Optional[_Union[State, str]] = ..., state_since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., causes: _Optional[_Iterable[_Union[Cause, _Mapping]]] = ..., causes_total: _Optional[int] = ..., halt: _Optional[_Union[HaltRecord, _Mapping]] = ..., last_verdict: _Optional[_Union[Verdict, _Mapping]] = ..., current_minute: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., trader_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., version: _Optional[str] = ..., journal: _Optional[str] = ..., interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., grace: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., skew: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., strategies: _Optional[_Iterable[_Union[StrategyStatus, _Mapping]]] = ..., strategies_total: _Optional[int] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class HaltRecord(_message.Message):
    __slots__ = ("reason", "operator", "halted_at", "durable")
    REASON_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    HALTED_AT_FIELD_NUMBER: _ClassVar[int]
    DURABLE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    operator: str
    halted_at: _timestamp_pb2.Timestamp
    durable: bool
    def __init__(self, reason: _Optional[str] = ..., operator: _Optional[str] = ..., halted_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., durable: bool = ...) -> None: ...

class StrategyStatus(_message.Message):
    __slots__ = ("name", "registered", "connected", "epoch", "first_minute", "last_seen", "last_minute", "last_decision", "last_abstention", "lateness", "clock_offset", "cause")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REGISTERED_FIELD_NUMBER: _ClassVar[int]
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    FIRST_MINUTE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_FIELD_NUMBER: _ClassVar[int]
    LAST_MINUTE_FIELD_NUMBER: _ClassVar[int]
    LAST_DECISION_FIELD_NUMBER: _ClassVar[int]
    LAST_ABSTENTION_FIELD_NUMBER: _ClassVar[int]
    LATENESS_FIELD_NUMBER: _ClassVar[int]
    CLOCK_OFFSET_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    registered: bool
    connected: bool
    epoch: int
    first_minute: _timestamp_pb2.Timestamp
    last_seen: _timestamp_pb2.Timestamp
    last_minute: _timestamp_pb2.Timestamp
    last_decision: float
    last_abstention: str
    lateness: _duration_pb2.Duration
    clock_offset: ClockOffset
    cause: Cause
    def __init__(self, name: _Optional[str] = ..., registered: bool = ..., connected: bool = ..., epoch: _Optional[int] = ..., first_minute: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_seen: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_minute: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_decision: _Optional[float] = ..., last_abstention: _Optional[str] = ..., lateness: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., clock_offset: _Optional[_Union[ClockOffset, _Mapping]] = ..., cause: _Optional[_Union[Cause, _Mapping]] = ...) -> None: ...

class WatchRequest(_message.Message):
    __slots__ = ("after",)
    AFTER_FIELD_NUMBER: _ClassVar[int]
    after: _timestamp_pb2.Timestamp
    def __init__(self, after: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class WatchResponse(_message.Message):
    __slots__ = ("verdict", "state_change", "trader_time", "kept_from")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    STATE_CHANGE_FIELD_NUMBER: _ClassVar[int]
    TRADER_TIME_FIELD_NUMBER: _ClassVar[int]
    KEPT_FROM_FIELD_NUMBER: _ClassVar[int]
    verdict: Verdict
    state_change: StateChange
    trader_time: _timestamp_pb2.Timestamp
    kept_from: _timestamp_pb2.Timestamp
    def __init__(self, verdict: _Optional[_Union[Verdict, _Mapping]] = ..., state_change: _Optional[_Union[StateChange, _Mapping]] = ..., trader_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., kept_from: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class StateChange(_message.Message):
    __slots__ = ("to", "changed_at", "causes", "causes_total", "halt_reason")
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    CHANGED_AT_FIELD_NUMBER: _ClassVar[int]
    CAUSES_FIELD_NUMBER: _ClassVar[int]
    CAUSES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    HALT_REASON_FIELD_NUMBER: _ClassVar[int]
    to: State
    changed_at: _timestamp_pb2.Timestamp
    causes: _containers.RepeatedCompositeFieldContainer[Cause]
    causes_total: int
    halt_reason: str
    def __init__(self, to: _Optional[_Union[State, str]] = ..., changed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., causes: _Optional[_Iterable[_Union[Cause, _Mapping]]] = ..., causes_total: _Optional[int] = ..., halt_reason: _Optional[str] = ..., **kwargs) -> None: ...

class ExplainRequest(_message.Message):
    __slots__ = ("minute", "page_size", "page_token")
    MINUTE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    minute: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    def __init__(self, minute: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ExplainResponse(_message.Message):
    __slots__ = ("verdict", "submissions", "causes", "next_page_token", "halt")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    SUBMISSIONS_FIELD_NUMBER: _ClassVar[int]
    CAUSES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    HALT_FIELD_NUMBER: _ClassVar[int]
    verdict: Verdict
    submissions: _containers.RepeatedCompositeFieldContainer[RecordedSubmission]
    causes: _containers.RepeatedCompositeFieldContainer[Cause]
    next_page_token: str
    halt: HaltRecord
    def __init__(self, verdict: _Optional[_Union[Verdict, _Mapping]] = ..., submissions: _Optional[_Iterable[_Union[RecordedSubmission, _Mapping]]] = ..., causes: _Optional[_Iterable[_Union[Cause, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., halt: _Optional[_Union[HaltRecord, _Mapping]] = ...) -> None: ...

class RecordedSubmission(_message.Message):
    __slots__ = ("strategy", "epoch", "instance", "decided_at", "received_at", "decision", "abstention", "signals")
    STRATEGY_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    DECIDED_AT_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_AT_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    ABSTENTION_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    strategy: str
    epoch: int
    instance: str
    decided_at: _timestamp_pb2.Timestamp
    received_at: _timestamp_pb2.Timestamp
    decision: float
    abstention: str
    signals: _containers.RepeatedCompositeFieldContainer[_generator_pb2.Signal]
    def __init__(self, strategy: _Optional[str] = ..., epoch: _Optional[int] = ..., instance: _Optional[str] = ..., decided_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., received_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., decision: _Optional[float] = ..., abstention: _Optional[str] = ..., signals: _Optional[_Iterable[_Union[_generator_pb2.Signal, _Mapping]]] = ...) -> None: ...

class HaltRequest(_message.Message):
    __slots__ = ("reason", "operator")
    REASON_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    reason: str
    operator: str
    def __init__(self, reason: _Optional[str] = ..., operator: _Optional[str] = ...) -> None: ...

class HaltResponse(_message.Message):
    __slots__ = ("durable", "trader_time")
    DURABLE_FIELD_NUMBER: _ClassVar[int]
    TRADER_TIME_FIELD_NUMBER: _ClassVar[int]
    durable: bool
    trader_time: _timestamp_pb2.Timestamp
    def __init__(self, durable: bool = ..., trader_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ResumeRequest(_message.Message):
    __slots__ = ("reason", "operator")
    REASON_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    reason: str
    operator: str
    def __init__(self, reason: _Optional[str] = ..., operator: _Optional[str] = ...) -> None: ...

class ResumeResponse(_message.Message):
    __slots__ = ("trader_time",)
    TRADER_TIME_FIELD_NUMBER: _ClassVar[int]
    trader_time: _timestamp_pb2.Timestamp
    def __init__(self, trader_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
