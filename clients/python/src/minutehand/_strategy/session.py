"""A strategy's side of its session with the trader: what to send next (rules S4, S6, R1-R3, T3).

Pure. What happened goes in as method calls with the time; what to do comes out as actions.
"""

from __future__ import annotations

from dataclasses import dataclass

from .._chassis.exits import Exit
from .._chassis.grid import SECOND, ClockOffset, Now, Timing, show_instant
from . import ending, note
from .exchange import (
    Action,
    Answer,
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
from .refusal import Reason, Refusal
from .schedule import Schedule
from .signals import Signal
from .submission import Abstention, Decision, Hold, Submission

#: How long a name may be taken before the strategy gives up (rule S4): twice the time that a dead
#: session of it may go unnoticed.
TAKEN_MAX = 10 * SECOND

#: Why there is no session, as it was said last: a link that fails in one way after another is one
#: trouble.
Trouble = tuple[Reason, str]
_OUT_OF_REACH: Trouble = (Reason.PASSING, "")


@dataclass
class _Round:
    """The minute at hand."""

    minute: int
    submission: Submission | None = None
    answered: bool = False


class Session:
    """The strategy's side of its session. Before the first contact: register next."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._schedule = Schedule(identity.interval)
        #: What the name is held by, if it is.
        self.hold: Hold | None = None
        #: What was registered for a strategy that does not start: to be taken back.
        self.unwanted: Hold | None = None
        #: As the trader stated last, with the patience that goes with it. None: never registered.
        self._terms: tuple[Timing, int] | None = None
        self._open = False
        self._round: _Round | None = None
        self._offset: ClockOffset | None = None
        self._apart = False
        self._trouble: Trouble | None = None
        #: Since when the name has been taken, by the monotonic clock.
        self._taken_since: int | None = None

    @property
    def timing(self) -> Timing | None:
        """Interval, grace and skew; none before the first registration."""
        return None if self._terms is None else self._terms[0]

    @property
    def next_look(self) -> int | None:
        """When to look at the clock again; none before the first registration."""
        return self._schedule.next

    def time(self, now: int) -> list[Action]:
        """The clock was looked at."""
        due = self._schedule.due(now)
        if self._terms is None or due is None:
            return []
        timing, patience = self._terms
        minute, until = due.minute, due.minute + patience
        actions: list[Action] = []
        if due.skipped:
            actions.append(Say(note.Skipped(due.skipped, minute)))
        self._round = _Round(minute)
        if self._offset is not None and self._apart:
            cause = note.clocks_apart(self._offset, timing.skew)
        elif now < until:
            return [*actions, Ask(minute, until)]
        else:
            cause = (
                f"the strategy came to this minute at {show_instant(now)}, when its patience was over at "
                f"{show_instant(until)}"
            )
        if now < timing.deadline(minute):
            return actions + self.decided(now, minute, Abstention(cause), ())
        return [*actions, Say(note.Missed(minute, now))]

    def decided(
        self, now: int, minute: int, content: Decision | Abstention, signals: tuple[Signal, ...]
    ) -> list[Action]:
        """The generators were asked: a decision for `minute`, or why there is none."""
        round = self._round
        if round is None or round.minute != minute or round.submission is not None:
            return []
        actions: list[Action] = []
        if isinstance(content, Abstention):
            actions.append(Say(note.Abstained(minute, content.cause)))
            content = Abstention.of(content.cause)
        # A clock set back within the minute must not make the submission older than the minute.
        round.submission = Submission(minute, max(now, minute), content, signals)
        return actions + self._submit(now)

    def registered(self, now: int, told: Registered) -> list[Action]:
        """The first message of a session came."""
        first_contact = self._terms is None
        try:
            self._terms = ending.agree(self._identity, told)
        except ending.Disagreement as disagreement:
            end = disagreement.end
            return [self._give_up(first_contact, told, end) if end.exit is Exit.FAILED else end]
        if first_contact and told.offset.exceeds(told.skew):
            end = ending.clocks_differ(self._identity, now, told)
            return [self._give_up(first_contact, told, end)]
        self._schedule.expected_from(told.first_minute, now)
        said = note.RegisteredAs(told.hold.epoch, told.first_minute, told.taken_over)
        self.hold = told.hold
        self._open, self._trouble, self._taken_since = True, None, None
        actions: list[Action] = [Say(said), *self._compare(told.offset)]
        if self._round is not None and self._schedule.expects(self._round.minute):
            actions += self._submit(now)
        return actions + self.time(now)

    def noticed(self, notice: Notice) -> list[Action]:
        """A later message of the session came."""
        if notice is Notice.FENCED:
            return [ending.fenced(self._identity)]
        if notice is Notice.DEREGISTERED:
            return [ending.deregistered(self._identity)]
        return self._say_trouble(_OUT_OF_REACH, "it is stopping")

    def lost(self, now: Now, refusal: Refusal) -> list[Action]:
        """The session could not be opened, or ended."""
        self._open = False
        # The next session may be of another process with another clock.
        self._offset, self._apart = None, False
        reason, message = refusal.reason, refusal.message
        if reason is not Reason.TAKEN:
            self._taken_since = None
        if end := self._for_good(reason, message):
            return [end]
        if reason is Reason.OTHER and self._terms is None:
            return [ending.never_accepted(self._identity, message)]
        if reason is Reason.NOT_REGISTERED:
            return self._unknown(message)
        trouble: Trouble = (reason, message if reason is Reason.OTHER else "")
        if reason is Reason.TAKEN:
            if self._taken_since is None:
                self._taken_since = now.mono
            if now.mono - self._taken_since >= TAKEN_MAX:
                return [ending.still_taken(self._identity)]
        return [*self._say_trouble(trouble, message), Register(self.hold)]

    def answered(self, minute: int, answer: Answer) -> list[Action]:
        """A submission for `minute` was answered, or its time was up."""
        round = self._round
        if round is None or round.minute != minute or round.submission is None:
            return []
        first, round.answered = not round.answered, True
        actions: list[Action] = []
        if isinstance(answer, Received):
            content = round.submission.content
            if first and isinstance(content, Decision):
                actions.append(Say(note.Submitted(minute, content.value)))
        elif end := self._ended(answer.reason):
            return [end]
        elif answer.reason is Reason.NOT_REGISTERED:
            round.answered = not first
            return self._unknown(answer.message)
        elif first:
            passing = answer.reason is Reason.PASSING
            said = note.Unanswered if passing else note.Refused
            actions.append(Say(said(minute, answer.message)))
        return actions + ([] if answer.offset is None else self._compare(answer.offset))

    def _ended(self, reason: Reason) -> End | None:
        if reason is Reason.FENCED:
            return ending.fenced(self._identity)
        if reason is Reason.DEREGISTERED:
            return ending.deregistered(self._identity)
        return None

    def _for_good(self, reason: Reason, message: str) -> End | None:
        if reason is Reason.INTERVAL:
            return ending.other_interval(self._identity, message)
        return self._ended(reason)

    def _give_up(self, first_contact: bool, told: Registered, end: End) -> End:
        """Ends because the trader's terms cannot be kept. A registration that was made for it a moment
        ago is unwanted; a name that was expected before stays so."""
        if first_contact and not told.taken_over:
            self.unwanted = told.hold
            return end
        return End(end.exit, f"{end.message}; {ending.stays(self._identity)}")

    def _unknown(self, message: str) -> list[Action]:
        """The trader's journal does not know the hold: the name is registered anew."""
        self._open, self.hold = False, None
        return [*self._say_trouble((Reason.NOT_REGISTERED, ""), message), Register(None)]

    def _submit(self, now: int) -> list[Action]:
        """Repeats the minute's submission, if there is one and somebody to hear it in time."""
        submission = self._round.submission if self._round else None
        if self._terms is None or submission is None or self.hold is None or not self._open:
            return []
        until = self._terms[0].deadline(submission.minute)
        return [Submit(submission, self.hold, self._offset, until)] if now < until else []

    def _compare(self, offset: ClockOffset) -> list[Action]:
        """Keeps what an exchange told of the clocks (rule T3)."""
        if self._terms is None:
            return []
        skew = self._terms[0].skew
        before, self._apart, self._offset = self._apart, offset.exceeds(skew), offset
        if self._apart == before:
            return []
        return [Say(note.ClocksApart(offset, skew) if self._apart else note.ClocksAgree(offset))]

    def _say_trouble(self, trouble: Trouble, cause: str) -> list[Action]:
        """Says a trouble once, when it begins."""
        known, self._trouble = self._trouble == trouble, trouble
        return [] if known else [Say(note.NoSession(cause))]
