//! What is shown of boards that a test makes, and that no text of another's becomes markup.

use std::sync::Arc;

use chassis::{
    grid::{Interval, Minute, Timestamp, Timing},
    name::Name,
};
use proptest::{collection::vec, prelude::*};

use super::{
    board::{Board, Cell, Column, STRATEGIES_MAX},
    markup::{self, Asked, Shown},
    words,
};
use crate::{
    engine::{
        StatusPage,
        ledger::Halt,
        submission::{Accepted, Content},
        verdict::{Cause, CauseCode, Median, Outcome, State, Subject, Verdict},
    },
    figures::Part,
    journal::Explanation,
};

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn minute(k: i64) -> Minute {
    Minute::starting(Timestamp::from_micros(k * 60_000_000), Interval::default()).unwrap()
}

fn verdict(k: i64, outcome: Outcome) -> Verdict {
    Verdict {
        minute: minute(k),
        last: minute(k),
        outcome,
        count: 1,
        state: State::Ok,
        closed_at: minute(k).start(),
        valid_until: minute(k + 1).start(),
        disagreeing: Vec::new(),
    }
}

fn median() -> Outcome {
    Outcome::Median(Median { value: 0.5, lowest: 0.25, highest: 1.0 })
}

fn cause(who: &str, code: CauseCode, detail: &str) -> Cause {
    let subject = Subject::Strategy(name(who));
    Cause { subject, code, since: minute(1), last_seen: None, detail: detail.to_owned() }
}

fn status(names: &[Name], state: State, causes: Vec<Cause>) -> StatusPage {
    StatusPage {
        state,
        state_since: minute(1).start(),
        causes: causes.into(),
        halt: None,
        last_verdict: None,
        current_minute: minute(2),
        strategies: names.iter().map(|name| (name.clone(), None)).collect(),
        strategies_total: names.len(),
        more: false,
    }
}

fn shown(board: &Board, status: &StatusPage) -> String {
    let timing = &Timing::new(Interval::default(), None, None).unwrap();
    let shown = Shown { board, status, timing, called: "main at 127.0.0.1:1010", operates: true };
    let (title, sections) = (markup::title(shown), markup::sections(shown));
    let mut page = markup::around(&title)[0].clone();
    page.part(&markup::now("v", &title, &sections)).part(&markup::around(&title)[1]);
    page.as_str().to_owned()
}

fn column(k: i64, cells: impl IntoIterator<Item = (Name, Part)>) -> Column {
    let cells = cells.into_iter().map(|(name, part)| (name, Cell { part, says: "so".to_owned() }));
    Column { verdict: verdict(k, median()), cells: cells.collect() }
}

/// The names of the classes of a strategy's cells.
fn parts<'a>(page: &'a str, who: &str) -> Vec<&'a str> {
    let row =
        page.split("<tr>").find(|row| row.starts_with(&format!("<th scope=\"row\">{who}</th>")));
    let cells = row.expect("it has a row").split("</tr>").next().unwrap().split("<td").skip(1);
    cells
        .map(|cell| {
            cell.strip_prefix(" class=\"").map_or("", |cell| cell.split('"').next().unwrap())
        })
        .collect()
}

#[test]
fn a_colour_is_a_letter_and_a_word_too() {
    let glyphs: std::collections::BTreeSet<_> = Part::ALL.into_iter().map(words::glyph).collect();
    assert_eq!(glyphs.len(), Part::ALL.len());
    for part in Part::ALL {
        let mut board = Board::default();
        board.add(column(1, [(name("X"), part)]));
        let page = shown(&board, &status(&[], State::Ok, Vec::new()));
        assert_eq!(parts(&page, "X"), [part.as_str()]);
        let text = format!("X, 00:01: {}, so", part.as_str());
        let cell = format!(
            "title=\"{text}\"><span aria-hidden=\"true\">{}</span><span class=\"aside\">{text}</span></td>",
            words::glyph(part)
        );
        assert!(page.contains(&cell), "{cell}: {page}");
    }
}

#[test]
fn e2_a_median_is_shown_in_ok_only() {
    for state in State::ALL {
        let mut status = status(&[], state, Vec::new());
        status.last_verdict = Some(Arc::new(verdict(1, median())));
        let page = shown(&Board::default(), &status);
        let expected = (state == State::Ok, state != State::Ok);
        assert_eq!(
            (page.contains(">0.5 <small>"), page.contains(">no median <")),
            expected,
            "{state}"
        );
        let says = if state == State::Ok { "OK 0.5" } else { state.as_str() };
        let title = format!("{says} · main at 127.0.0.1:1010");
        assert!(page.contains(&format!("<title>{title}</title>")), "{page}");
    }
}

#[test]
fn only_who_was_silent_comes_late() {
    for (part, expected) in [
        (Part::Silent, "late"),
        (Part::Disconnected, "late"),
        (Part::Included, "included"),
        (Part::Abstained, "abstained"),
        (Part::Stale, "stale"),
    ] {
        let mut board = Board::default();
        board.add(column(1, [(name("X"), part), (name("Y"), Part::Silent)]));
        board.add(column(2, [(name("X"), Part::Silent)]));
        board.came_late(&name("X"), minute(1));
        board.came_late(&name("Z"), minute(1));
        board.came_late(&name("X"), minute(7));
        let page = shown(&board, &status(&[], State::Ok, Vec::new()));
        assert_eq!(parts(&page, "X"), [expected, "silent"]);
        assert_eq!(parts(&page, "Y"), ["silent", ""]);
    }
}

#[test]
fn strategies_that_one_page_of_the_status_has_no_room_for_are_counted_once() {
    let names: Vec<Name> = (0..256).map(|n| name(&format!("{n:03}"))).collect();
    let mut board = Board::default();
    board.add(column(1, names.iter().map(|name| (name.clone(), Part::Included))));
    let status =
        StatusPage { strategies_total: names.len(), ..status(&names[..100], State::Ok, vec![]) };
    let (shown, more) = board.rows(&status);
    assert_eq!((shown.len(), more), (STRATEGIES_MAX, names.len() - STRATEGIES_MAX));
}

#[test]
fn many_strategies_are_cut_and_counted_and_the_page_stays_small() {
    let names: Vec<Name> = (0..256).map(|n| name(&format!("{n:063}"))).collect();
    let mut board = Board::default();
    let wordy: Vec<Cause> = names
        .iter()
        .map(|name| cause(name.as_str(), CauseCode::Abstained, &"why ".repeat(64)))
        .collect();
    for k in 1..=100 {
        let failed = verdict(k, Outcome::Failed(wordy.clone()));
        board.add(Column::without_submissions(&failed, &wordy));
    }
    let status = StatusPage {
        strategies_total: 1_000_000,
        ..status(&names, State::Error, vec![cause("X", CauseCode::Silent, "so"); 1_000])
    };
    let page = shown(&board, &status);
    assert_eq!(board.columns().len(), 60);
    assert!(page.contains("<p>and 999800 more strategies: `minutehand status` lists all</p>"));
    assert!(page.contains("<p>and 984 more</p>") && page.contains("and 996 more."));
    assert_eq!(
        parts(&page, names[STRATEGIES_MAX - 1].as_str()).len(),
        20,
        "there is room for so many"
    );
    assert!(page.len() < 2 * 1024 * 1024, "{}", page.len());
    well_formed(&page);
}

#[test]
fn a_run_of_minutes_that_goes_on_is_one_column() {
    let mut board = Board::default();
    board.add(column(1, []));
    for last in 2..5 {
        let mut run = column(2, []);
        run.verdict.last = minute(last);
        board.add(run);
    }
    assert_eq!(
        board.columns().map(|column| column.verdict.last).collect::<Vec<_>>(),
        [minute(1), minute(4)]
    );
    assert_eq!(board.last(), Some(minute(4)));
}

/// Elements that have no end.
const VOID: [&str; 6] = ["meta", "link", "input", "br", "line", "circle"];

/// Elements that this program writes.
const KNOWN: &str = " html head meta link title script noscript body header main a p div section h1 h2 small \
    ul li strong br em span figure figcaption svg line text polygon polyline circle table thead tbody tr th td \
    details summary nav form input label button ";

/// Every tag is one of ours and ends, and every attribute stands between quotes.
fn well_formed(page: &str) {
    let mut open = Vec::new();
    let page = page.strip_prefix("<!doctype html>").expect("it begins so");
    for tag in page.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').unwrap_or_else(|| panic!("<{tag} does not end"));
        assert!(!text.contains(['"', '>']), "{text:?} is not escaped");
        let element = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        assert!(KNOWN.contains(&format!(" {element} ")), "<{tag}> is none of ours");
        assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
        for said in tag.split('"').step_by(2) {
            assert!(
                !said.contains(['\'', '&', '`']),
                "{said:?} of <{tag}> stands between no quotes"
            );
        }
        match tag.strip_prefix('/') {
            Some(element) => assert_eq!(open.pop(), Some(element), "{tag}"),
            None if VOID.contains(&element) || tag.ends_with('/') => {}
            None => open.push(element),
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just("</span></td><script>alert(1)</script>".to_owned()),
        Just("\" onmouseover=\"alert(1)\" '".to_owned()),
        Just("<!-- ]]> &lt; \u{0}\u{202e} javascript:".to_owned()),
    ]
}

fn explanation(texts: &[String], named: &Name) -> Explanation {
    let causes = vec![cause("X", CauseCode::Abstained, &texts[0])];
    let said = |content| {
        Arc::new(Accepted {
            epoch: 1,
            instance: named.clone(),
            minute: minute(1),
            decided_at: minute(1).start(),
            received_at: minute(1).start(),
            content,
            signals: [].into(),
        })
    };
    Explanation {
        verdict: verdict(1, Outcome::Failed(causes.clone())),
        causes_total: 40,
        submissions: vec![
            (named.clone(), said(Content::Abstention(texts[1].clone().into()))),
            (name("Y"), said(Content::Decision(-0.5))),
        ],
        causes,
        next: Some(named.clone()),
        halt: Some(Halt {
            reason: texts[2].clone(),
            operator: texts[3].clone(),
            at: minute(1).start(),
        }),
    }
}

proptest! {
    #[test]
    fn whatever_others_say_is_text(texts in vec(hostile(), 5), named in "[A-Za-z0-9][A-Za-z0-9._-]{0,62}") {
        let named = name(&named);
        let explanation = explanation(&texts, &named);
        let mut board = Board::default();
        board.add(Column::of(&explanation));
        board.add(column(2, [(named.clone(), Part::Included)]));
        let causes = vec![cause("X", CauseCode::Stale, &texts[2])];
        let mut status = status(std::slice::from_ref(&named), State::Halted, causes);
        let [reason, operator] = [texts[3].clone(), texts[4].clone()];
        status.halt = Some((Halt { reason, operator, at: minute(1).start() }, true));
        well_formed(&shown(&board, &status));
        let asked = Asked { minute: minute(1), interval: Interval::default() };
        well_formed(markup::minute(asked, &explanation).as_str());
        well_formed(markup::confirmation(&texts[1], &named, Some(&texts[0])).as_str());
        well_formed(markup::message(&texts[0], &texts[1]).as_str());
    }
}
