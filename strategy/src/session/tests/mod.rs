//! Rows of what happens and what the session then wants. Times are seconds after the epoch; a
//! minute lasts 60, the grace 10, the patience 8 and the skew 1.

mod histories;
mod clocks;

use chassis::{channel::Address, grid::Interval};

use super::*;

/// Checks a history: each row is a time, what happens, and what comes out, comma-separated.
fn check(rows: &[(u64, &str, &str)]) {
    let mut session = session(None);
    for (seconds, happens, expected) in rows {
        let actions = happen(&mut session, *seconds, happens);
        let shown: Vec<_> = actions.iter().map(show).collect();
        assert_eq!(shown.join(", "), *expected, "at {seconds}: {happens}");
    }
}

/// Strategy `X` before its first contact.
fn session(patience: Option<Duration>) -> Session {
    Session::new(Identity {
        name: "X".parse().unwrap(),
        trader: Address::local(1010),
        interval: Interval::default(),
        patience,
    })
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(i64::try_from(seconds * 1_000_000).unwrap())
}

fn happen(session: &mut Session, seconds: u64, happens: &str) -> Vec<Action> {
    let now = Now { wall: at(seconds), mono: Duration::from_secs(seconds) };
    let minute = Minute::containing(now.wall, Interval::default());
    let words: Vec<_> = happens.split(' ').collect();
    match words[..] {
        ["look"] => session.time(now.wall),
        ["registered", epoch, first] => session.registered(now.wall, told(epoch, first, "0")),
        ["registered", epoch, first, offset] => {
            session.registered(now.wall, told(epoch, first, offset))
        }
        ["lost", word] => session.lost(now, refusal(word)),
        ["notice", "fenced"] => session.noticed(Notice::Fenced),
        ["notice", "deregistered"] => session.noticed(Notice::Deregistered),
        ["notice", "stopping"] => session.noticed(Notice::Stopping),
        ["decided", value] => {
            session.decided(now.wall, minute, Ok(value.parse().unwrap()), Vec::new())
        }
        ["abstained", why] => session.decided(now.wall, minute, Err(why.to_owned()), Vec::new()),
        ["received", offset] => session.answered(minute, Answer::Received(Some(ahead(offset)))),
        ["refused", word] => session.answered(minute, Answer::Refused(refusal(word))),
        ["refused", word, offset] => {
            let refusal = Refusal { offset: Some(ahead(offset)), ..refusal(word) };
            session.answered(minute, Answer::Refused(refusal))
        }
        _ => panic!("{happens}"),
    }
}

fn ahead(seconds: &str) -> ClockOffset {
    let micros = seconds.parse::<i64>().unwrap() * 1_000_000;
    ClockOffset { micros, uncertainty: Duration::from_millis(1) }
}

/// Epochs of one journal have two digits, those of another one three.
fn told(epoch: &str, first: &str, offset: &str) -> Registered {
    Registered {
        hold: Hold { journal: format!("j{}", epoch.len()), epoch: epoch.parse().unwrap() },
        taken_over: false,
        first_minute: at(first.parse().unwrap()),
        trader_time: at(0),
        offset: ahead(offset),
        interval: Interval::default().duration(),
        grace: Duration::from_secs(10),
        skew: Duration::from_secs(1),
    }
}

fn refusal(word: &str) -> Refusal {
    let reason = match word {
        "fenced" => Reason::Fenced,
        "deregistered" => Reason::Deregistered,
        "interval" => Reason::Interval,
        "taken" => Reason::Taken,
        "not-registered" => Reason::NotRegistered,
        "unreachable" | "reset" | "journal" => Reason::Passing,
        _ => Reason::Other,
    };
    Refusal { reason, message: word.to_owned(), offset: None }
}

fn show(action: &Action) -> String {
    let seconds = |at: Timestamp| at.as_micros() / 1_000_000;
    match action {
        Action::Register(None) => "register".to_owned(),
        Action::Register(Some(hold)) => format!("register as {}/{}", hold.journal, hold.epoch),
        Action::Ask(minute, until) => {
            format!("ask {}..{}", seconds(minute.start()), seconds(*until))
        }
        Action::Submit(submission, hold, _, until) => {
            let content = match &submission.content {
                Content::Decision(value) => value.to_string(),
                Content::Abstention(cause) => format!("`{}`", &cause[..cause.len().min(12)]),
            };
            let Submission { minute, decided_at, .. } = submission.as_ref();
            format!(
                "submit {content} of {} for {}..{} as {}",
                seconds(*decided_at),
                seconds(minute.start()),
                seconds(*until),
                hold.epoch
            )
        }
        Action::Note(note) => show_note(note),
        Action::End(exit, message) => {
            let start: String = message.split([' ', ':']).take(2).collect::<Vec<_>>().join(" ");
            format!("end {} {start}", *exit as u8)
        }
    }
}

fn show_note(note: &Note) -> String {
    match note {
        Note::Registered { epoch, .. } => format!("registered {epoch}"),
        Note::NoSession(cause) => format!("no session {cause}"),
        Note::Submitted(_, value) => format!("submitted {value}"),
        Note::Abstained(_, cause) => format!("abstained {}", &cause[..cause.len().min(12)]),
        Note::Refused(_, message) => format!("refused {message}"),
        Note::Unanswered(_, cause) => format!("unanswered {cause}"),
        Note::Skipped(count, _) => format!("skipped {count}"),
        Note::Missed(..) => "missed".to_owned(),
        Note::ClocksApart(..) => "apart".to_owned(),
        Note::ClocksAgree(_) => "agree".to_owned(),
    }
}
