"""Rows of what happens and what the session then wants: those of `strategy/src/session/tests`, in Python.
Times are seconds after the epoch; a minute lasts 60, the grace 10, the patience 8 and the skew 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from minutehand._chassis.channel import local
from minutehand._chassis.grid import SECOND, ClockOffset, Now
from minutehand._strategy import note
from minutehand._strategy.exchange import (
    Action,
    Ask,
    End,
    Identity,
    Notice,
    Received,
    Register,
    Registered,
    Say,
    Submit,
)
from minutehand._strategy.refusal import Reason, Refusal
from minutehand._strategy.session import Session
from minutehand._strategy.submission import Abstention, Decision, Hold

Row = tuple[int, str, str]

REASONS = {
    "fenced": Reason.FENCED,
    "deregistered": Reason.DEREGISTERED,
    "interval": Reason.INTERVAL,
    "taken": Reason.TAKEN,
    "not-registered": Reason.NOT_REGISTERED,
    "unreachable": Reason.PASSING,
    "reset": Reason.PASSING,
    "journal": Reason.PASSING,
}

ENDS = {"fenced": "end 6 fenced ", "deregistered": "end 6 X was", "interval": "end 6 interval; start"}
REGISTERED: Row = (50, "registered 11 60", "registered 11")
ASKED: Row = (60, "look", "ask 60..68")
DECIDED: Row = (61, "decided 0.5", "submit 0.5 of 61 for 60..70 as 11")


def new_session(patience: int | None = None) -> Session:
    return Session(Identity("X", local(1010), 60 * SECOND, patience))


def check(*rows: Row) -> None:
    """Each row is a time, what happens, and what comes out, comma-separated."""
    session = new_session()
    for seconds, happens, expected in rows:
        shown = ", ".join(show(action) for action in happen(session, seconds, happens))
        assert shown == expected, f"at {seconds}: {happens}"


def happen(session: Session, seconds: int, happens: str) -> list[Action]:
    now = seconds * SECOND
    minute = now - now % (60 * SECOND)
    what, *words = happens.split(" ")
    happenings: dict[str, Callable[[], list[Action]]] = {
        "look": lambda: session.time(now),
        "registered": lambda: session.registered(now, told(*words)),
        "lost": lambda: session.lost(Now(now, now), refusal(*words)),
        "notice": lambda: session.noticed(Notice[words[0].upper()]),
        "decided": lambda: session.decided(now, minute, Decision(float(words[0])), ()),
        "abstained": lambda: session.decided(now, minute, Abstention(words[0]), ()),
        "received": lambda: session.answered(minute, Received(ahead(words[0]))),
        "refused": lambda: session.answered(minute, refusal(*words)),
    }
    return happenings[what]()


def ahead(seconds: str) -> ClockOffset:
    return ClockOffset(int(seconds) * SECOND, 1_000)


def told(epoch: str, first: str, offset: str = "0") -> Registered:
    """Epochs of one journal have two digits, those of another one three."""
    return Registered(
        hold=Hold(f"j{len(epoch)}", int(epoch)),
        taken_over=False,
        first_minute=int(first) * SECOND,
        trader_time=0,
        offset=ahead(offset),
        interval=60 * SECOND,
        grace=10 * SECOND,
        skew=SECOND,
    )


def refusal(word: str, offset: str | None = None) -> Refusal:
    measured = None if offset is None else ahead(offset)
    return Refusal(REASONS.get(word, Reason.OTHER), word, measured)


def show(action: Action) -> str:
    if isinstance(action, Register):
        hold = action.hold
        return "register" if hold is None else f"register as {hold.journal}/{hold.epoch}"
    if isinstance(action, Ask):
        return f"ask {action.minute // SECOND}..{action.until // SECOND}"
    if isinstance(action, Submit):
        said = action.submission
        content = said.content
        word = str(content.value) if isinstance(content, Decision) else f"`{content.cause[:12]}`"
        times = (said.decided_at, said.minute, action.until)
        decided, minute, until = (at // SECOND for at in times)
        return f"submit {word} of {decided} for {minute}..{until} as {action.hold.epoch}"
    if isinstance(action, End):
        start = " ".join(action.message.replace(":", " ").split(" ")[:2])
        return f"end {int(action.exit)} {start}"
    return show_note(action)


def show_note(say: Say) -> str:
    said = say.note
    shown: dict[type[note.Note], str] = {
        note.RegisteredAs: "registered {epoch}",
        note.NoSession: "no session {cause}",
        note.Submitted: "submitted {decision}",
        note.Abstained: "abstained {cause:.12}",
        note.Refused: "refused {message}",
        note.Unanswered: "unanswered {cause}",
        note.Skipped: "skipped {count}",
        note.Missed: "missed",
        note.ClocksApart: "apart",
        note.ClocksAgree: "agree",
    }
    return shown[type(said)].format(**vars(said))


def test_s6_one_minute_after_another() -> None:
    check(
        (50, "look", ""),
        REGISTERED,
        (59, "look", ""),
        ASKED,
        (61, "look", ""),
        DECIDED,
        (61, "received 0", "submitted 0.5"),
        (62, "decided 0.7", ""),
        (120, "look", "ask 120..128"),
        (128, "abstained why", "abstained why, submit `why` of 128 for 120..130 as 11"),
        (128, "received 0", ""),
    )


def test_s6_after_a_loss_the_same_word_is_said_again_though_it_was_acknowledged() -> None:
    check(
        REGISTERED,
        ASKED,
        DECIDED,
        (61, "received 0", "submitted 0.5"),
        (62, "lost unreachable", "no session unreachable, register as j2/11"),
        (63, "registered 11 60", "registered 11, submit 0.5 of 61 for 60..70 as 11"),
        (63, "received 0", ""),
        (64, "lost reset", "no session reset, register as j2/11"),
        (70, "registered 11 60", "registered 11"),
    )


def test_s6_decided_without_a_session_is_said_when_there_is_one() -> None:
    check(
        REGISTERED,
        (59, "lost unreachable", "no session unreachable, register as j2/11"),
        ASKED,
        (61, "decided 0.5", ""),
        (69, "registered 11 60", "registered 11, submit 0.5 of 61 for 60..70 as 11"),
    )


def test_s4_each_trouble_is_said_once_when_it_begins() -> None:
    check(
        (1, "lost unreachable", "no session unreachable, register"),
        (2, "lost unreachable", "register"),
        (3, "lost journal", "register"),
        (4, "registered 11 60", "registered 11"),
        (5, "notice stopping", "no session it is stopping"),
        (6, "lost reset", "register as j2/11"),
        (7, "lost denied", "no session denied, register as j2/11"),
        (8, "lost denied", "register as j2/11"),
        (9, "lost reset", "no session reset, register as j2/11"),
    )


@pytest.mark.parametrize("word", ENDS)
def test_s4_refused_for_good_ends_with_6(word: str) -> None:
    check((1, f"lost {word}", ENDS[word]))
    check(REGISTERED, (51, f"lost {word}", ENDS[word]))
    if word != "interval":
        check(REGISTERED, ASKED, DECIDED, (61, f"refused {word}", ENDS[word]))
        check(REGISTERED, (51, f"notice {word}", ENDS[word]))


def test_s4_a_name_may_be_taken_for_ten_seconds() -> None:
    check(
        (0, "lost unreachable", "no session unreachable, register"),
        (20, "lost taken", "no session taken, register"),
        (29, "lost taken", "register"),
        (29, "lost unreachable", "no session unreachable, register"),
        (35, "lost taken", "no session taken, register"),
        (44, "lost taken", "register"),
        (45, "lost taken", "end 1 the name"),
    )


def test_s4_only_a_first_contact_may_be_refused_altogether() -> None:
    check((1, "lost denied", "end 1 trader 127.0.0.1"))


@pytest.mark.parametrize("word", ["late", "conflict", "stale", "future", "not-expected", "malformed"])
def test_s4_a_minute_refused_is_said_once_and_the_next_one_comes(word: str) -> None:
    check(
        REGISTERED,
        ASKED,
        DECIDED,
        (61, f"refused {word}", f"refused {word}"),
        (62, "lost reset", "no session reset, register as j2/11"),
        (63, "registered 11 60", "registered 11, submit 0.5 of 61 for 60..70 as 11"),
        (63, f"refused {word}", ""),
        (120, "look", "ask 120..128"),
    )


def test_r3_another_journal_is_a_first_contact() -> None:
    check(
        REGISTERED,
        ASKED,
        DECIDED,
        (61, "refused not-registered", "no session not-registered, register"),
        (61, "lost reset", "no session reset, register"),
        (62, "registered 101 60", "registered 101, submit 0.5 of 61 for 60..70 as 101"),
        (62, "received 0", "submitted 0.5"),
        (70, "lost reset", "no session reset, register as j3/101"),
    )


def test_r1_a_new_journal_may_not_expect_the_minute_at_hand() -> None:
    check(
        REGISTERED,
        ASKED,
        DECIDED,
        (61, "refused not-registered", "no session not-registered, register"),
        (62, "registered 101 120", "registered 101"),
        (120, "look", "ask 120..128"),
    )


def test_r1_a_first_minute_that_has_passed_is_taken_part_in_at_once() -> None:
    check((63, "registered 11 60", "registered 11, ask 60..68"), (64, "look", ""))
    check((63, "registered 11 120", "registered 11"), (120, "look", "ask 120..128"))
    for late in (68, 69):
        said = f"submit `the strategy` of {late} for 60..70 as 11"
        check((late, "registered 11 0", f"registered 11, abstained the strategy, {said}"))
    check((70, "registered 11 0", "registered 11, missed"), (120, "look", "ask 120..128"))


def test_s2_a_process_that_slept_goes_on_with_the_current_minute() -> None:
    check(
        REGISTERED,
        ASKED,
        (245, "look", "skipped 2, ask 240..248"),
        (375, "look", "skipped 1, missed"),
    )
    session = new_session()
    for seconds, happens in ((50, "registered 11 60"), (60, "look"), (241, "look")):
        happen(session, seconds, happens)
    assert session.decided(241 * SECOND, 60 * SECOND, Decision(0.5), ()) == []
    assert session.answered(60 * SECOND, Received()) == []
    (submit,) = happen(session, 242, "decided 0.7")
    assert isinstance(submit, Submit)
    assert submit.submission.content == Decision(0.7)


def test_t3_a_first_registration_with_clocks_apart_is_refused() -> None:
    check((50, "registered 11 60 2", "end 1 the clocks"))
    check((50, "registered 11 60 -2", "end 1 the clocks"))
    check((50, "registered 11 60 1", "registered 11"))


def test_t3_later_it_abstains_until_the_clocks_agree() -> None:
    check(
        REGISTERED,
        ASKED,
        DECIDED,
        (61, "received 3", "submitted 0.5, apart"),
        (120, "look", "abstained the trader's, submit `the trader's` of 120 for 120..130 as 11"),
        (120, "refused late 3", "refused late"),
        (180, "look", "abstained the trader's, submit `the trader's` of 180 for 180..190 as 11"),
        (180, "received 0", "agree"),
        (240, "look", "ask 240..248"),
    )
    check(
        REGISTERED,
        (51, "lost reset", "no session reset, register as j2/11"),
        (52, "registered 11 60 -5", "registered 11, apart"),
    )


def test_t3_each_submission_carries_the_last_offset() -> None:
    session = new_session()
    happen(session, 50, "registered 11 60 1")
    happen(session, 60, "look")
    (submit,) = happen(session, 61, "decided 0.5")
    assert isinstance(submit, Submit)
    assert submit.offset == ahead("1")


def test_s4_a_clock_set_back_is_followed() -> None:
    check(
        (65, "registered 11 0", "registered 11, ask 60..68"),
        (120, "look", "ask 120..128"),
        (119, "look", ""),
        (40, "look", ""),
        (60, "look", "ask 60..68"),
    )


@pytest.mark.parametrize(
    ("change", "patience", "expected"),
    [
        (
            {"interval": 2 * SECOND},
            None,
            "6 the trader's interval is 2s, this strategy's is 1m; start strategy X with the same --interval as "
            "trader 127.0.0.1:1010 and the generators",
        ),
        (
            {},
            9 * SECOND,
            "1 the settings of trader 127.0.0.1:1010 do not fit this strategy's: patience 9s and skew 1s together "
            "are not less than the grace 10s: set a shorter patience (--patience)",
        ),
        (
            {"taken_over": True, "skew": 7 * SECOND},
            None,
            "1 the settings of trader 127.0.0.1:1010 do not fit this strategy's: skew 7s is more than a tenth of "
            "the interval 1m: set it to 6s or less; X stays registered: `deregister -n X` takes it off the "
            "trader's list",
        ),
        (
            {"first_minute": 61 * SECOND},
            None,
            "1 the settings of trader 127.0.0.1:1010 do not fit this strategy's: its first minute: "
            "1970-01-01T00:01:01Z is not the start of a minute of 1m; the minute it falls into is "
            "1970-01-01T00:01:00Z",
        ),
    ],
)
def test_t6_terms_that_do_not_fit_end_the_strategy(
    change: dict[str, int], patience: int | None, expected: str
) -> None:
    session = new_session(patience)
    (end,) = session.registered(50 * SECOND, replace(told("11", "60"), **change))  # type: ignore[arg-type]
    assert isinstance(end, End)
    assert f"{int(end.exit)} {end.message}" == expected
    # What was registered a moment ago is taken back; a name that was expected before stays so.
    assert (session.unwanted is not None) == (int(end.exit) == 1 and "taken_over" not in change)
