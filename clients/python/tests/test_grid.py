"""Instants, durations, minutes, names and settings: the same as those of the other parts."""

import pytest

from minutehand._chassis import flags, grid, wire
from minutehand._chassis.grid import ClockOffset, Timing, TimingError
from minutehand._chassis.names import check_name, untrusted

SECOND = grid.SECOND


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("60s", 60 * SECOND),
        ("1m", 60 * SECOND),
        ("500ms", SECOND // 2),
        ("1h 30m", 5400 * SECOND),
        ("1s500ms", 1_500_000),
    ],
)
def test_durations_are_read(text: str, micros: int) -> None:
    assert grid.parse_duration(text) == micros


@pytest.mark.parametrize("text", ["", "10", "-1s", "soon", "1x", "1s 2", "1.5s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        grid.parse_duration(text)


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (60 * SECOND, "1m"),
        (2 * SECOND, "2s"),
        (1_500_000, "1s 500ms"),
        (0, "0s"),
        (grid.DAY, "1day"),
        (33_333, "33ms 333us"),
    ],
)
def test_durations_are_shown(micros: int, text: str) -> None:
    assert grid.show_duration(micros) == text


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_795_176_060_000_000, "2026-11-20T12:01:00Z"),
        (1_795_176_060_500_000, "2026-11-20T12:01:00.500Z"),
        (1_795_176_060_000_999, "2026-11-20T12:01:00Z"),
        (-5, "5 us before 1970"),
        (2**63, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_instants_read_as_rfc_3339(micros: int, text: str) -> None:
    assert grid.show_instant(micros) == text


def test_instants_are_read() -> None:
    assert grid.parse_instant("2026-11-20T12:01:00.5Z") == 1_795_176_060_500_000
    for text in ("", "12:01", "2026-11-20 12:01", "1969-12-31T23:59:59Z", "2026-13-20T12:01:00Z", "x"):
        assert grid.parse_instant(text) is None, text


def test_t1_a_minute_is_named_by_its_start_on_the_grid() -> None:
    at = grid.parse_instant("2026-11-20T12:01:59.999Z")
    assert at is not None
    assert grid.show_instant(grid.minute_containing(at, 60 * SECOND)) == "2026-11-20T12:01:00Z"
    with pytest.raises(ValueError, match=r"is not the start of a minute of 1m; .* is 2026-11-20T12:01:00Z"):
        grid.check_minute(at, 60 * SECOND)


@pytest.mark.parametrize("text", ["499ms", "1500500us", "24h 1ms", "0s"])
def test_t6_intervals_have_bounds(text: str) -> None:
    with pytest.raises(ValueError, match="an interval is whole milliseconds from 500ms to 24h"):
        flags.interval(text)


def test_t3_an_offset_is_uncertain_by_half_the_round_trip() -> None:
    offset = ClockOffset.estimate(1_000_000, 2_150_000, 1_200_000)
    assert offset == ClockOffset(1_050_000, 100_000)
    assert not offset.exceeds(SECOND)
    assert offset.exceeds(900_000)
    assert str(offset) == "+1.050 s ± 0.100 s"


@pytest.mark.parametrize(
    ("interval", "grace", "skew"),
    [
        (60_000_000, 10_000_000, 1_000_000),
        (12_000_000, 2_000_000, 200_000),
        (2_000_000, 1_000_000, 33_333),
        (500_000, 250_000, 8_333),
    ],
)
def test_t6_defaults_fit_each_other_at_every_interval(interval: int, grace: int, skew: int) -> None:
    timing = Timing.of(interval)
    assert (timing.grace, timing.skew) == (grace, skew)
    assert timing.patience(None) == grace * 4 // 5


def test_t6_settings_that_do_not_fit_are_refused_with_their_values() -> None:
    for settings, message in [
        ((None, 6_001_000), "skew 6s 1ms is more than a tenth of the interval 1m: set it to 6s or less"),
        ((59_000_000, None), "grace 59s and skew 1s together are not less than the interval 1m: set a shorter grace"),
    ]:
        with pytest.raises(TimingError, match=message):
            Timing.of(60_000_000, *settings)
    with pytest.raises(TimingError, match="patience 9s and skew 1s together are not less than the grace 10s"):
        Timing.of(60_000_000).patience(9_000_000)


def test_instants_and_differences_go_over_the_wire_and_back() -> None:
    for micros in (0, 1, 1_795_176_060_500_001, grid.INSTANT_MAX):
        assert wire.read_timestamp(wire.timestamp(micros)) == micros
    for micros in (-1_500_000, -1, 0, 1):
        length = wire.duration(micros)
        assert length.seconds * SECOND + length.nanos // 1_000 == micros
        assert length.seconds * length.nanos >= 0
    with pytest.raises(wire.OutOfRange):
        wire.read_timestamp(wire.timestamp(-1))


def test_t1_parts_of_a_microsecond_name_no_minute() -> None:
    at = wire.timestamp(60 * SECOND)
    assert wire.read_minute(at, 60 * SECOND) == 60 * SECOND
    at.nanos = 1
    with pytest.raises(ValueError, match="is not the start"):
        wire.read_minute(at, 60 * SECOND)


def test_r6_names_have_one_form() -> None:
    for good in ("X", "0", "mean-reversion_2.1", "x" * 64):
        assert check_name(good) == good
    for bad in ("", " ", "-x", ".x", "a b", "é", "x\n", "x/y", "x" * 65):
        with pytest.raises(ValueError, match="is not a name"):
            check_name(bad)
    assert untrusted("a\x1b[31m\n") == '"a\\u001b[31m\\n"'
