//! What the core says of itself to those who only ask.

use chassis::name::Name;

use super::{
    script::check,
    world::{Disk, JOURNAL, START, World, settings},
};
use crate::engine::{
    StatusPage,
    verdict::{Cause, CauseCode, State, Subject},
};

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// A world of so many seats that expects `expect`, in which `registered` are.
fn world(expect: &str, registered: &str) -> World {
    let mut settings = settings();
    settings.expect = expect.split_whitespace().map(name).collect();
    settings.strategies_max = 7;
    let mut world = World::new(settings);
    for strategy in registered.split_whitespace() {
        world.register(&name(strategy), &name("i"), None).unwrap();
    }
    world
}

fn status(world: &mut World, after: &str, limit: usize) -> StatusPage {
    let after: Option<Name> = after.parse().ok();
    world.act(|engine, _, now| engine.status(now, after.as_ref(), limit))
}

/// A page: who is on it, those that are missing in brackets; whether there are more; how many in all.
fn page(world: &mut World, after: &str, limit: usize) -> (String, bool, usize) {
    let page = status(world, after, limit);
    let show = |(name, strategy): &(Name, Option<_>)| match strategy {
        Some(_) => name.to_string(),
        None => format!("({name})"),
    };
    let shown: Vec<_> = page.strategies.iter().map(show).collect();
    (shown.join(" "), page.more, page.strategies_total)
}

#[test]
fn c5_the_status_is_given_in_pages_by_name() {
    let registered = &mut world("", "C A B");
    assert_eq!(page(registered, "", 2), ("A B".to_owned(), true, 3));
    assert_eq!(page(registered, "B", 2), ("C".to_owned(), false, 3));
    assert_eq!(page(registered, "", 3), ("A B C".to_owned(), false, 3));
    let missing = &mut world("C A B", "");
    assert_eq!(page(missing, "", 2), ("(A) (B)".to_owned(), true, 3));
    assert_eq!(page(missing, "", 3), ("(A) (B) (C)".to_owned(), false, 3));
    let both = &mut world("A C E", "B D A");
    assert_eq!(page(both, "", 4), ("A B (C) D".to_owned(), true, 5));
    assert_eq!(page(both, "A", 4), ("B (C) D (E)".to_owned(), false, 5));
}

#[test]
fn c5_what_the_trader_was_told_at_its_start_is_what_it_says() {
    let world = world("A", "A B C");
    let engine = world.engine.as_ref().unwrap();
    assert_eq!((engine.journal(), engine.strategies_max()), (JOURNAL, 7));
    assert_eq!((engine.strategy_count(), engine.last_verdict()), (3, None));
}

#[test]
fn e4_a_halt_says_its_reason_and_whether_it_is_on_disk() {
    let mut world = world("", "A");
    let reason = |world: &World| world.engine.as_ref().unwrap().halt_reason();
    assert_eq!(reason(&world), None);
    world.disk = Disk::Fails;
    world.halt();
    assert_eq!(reason(&world).as_deref(), Some("drill"));
    assert_eq!(status(&mut world, "", 1).halt.map(|(_, durable)| durable), Some(false));
    assert_eq!(world.engine.as_ref().unwrap().summary(), "by ops@here: drill");
    world.disk = Disk::Works;
    world.pass(std::time::Duration::from_secs(2));
    let (halt, durable) = status(&mut world, "", 1).halt.unwrap();
    assert_eq!((halt.reason.as_str(), durable), ("drill", true));
}

#[test]
fn m6_the_last_verdict_is_the_one_on_disk() {
    let mut world = world("", "");
    world.pass(std::time::Duration::from_secs(61));
    let verdict = world.engine.as_ref().unwrap().last_verdict().cloned().unwrap();
    assert_eq!(verdict.minute.start(), START.plus(std::time::Duration::from_mins(1)));
    assert_eq!(status(&mut world, "", 1).last_verdict, Some(verdict));
}

/// The summary when so many strategies are silent.
fn summary(silent: usize) -> String {
    let names = ["A", "B", "C", "D", "E"][..silent].join(" ");
    let mut world = world("", &names);
    world.pass(std::time::Duration::from_secs(71));
    let engine = world.engine.as_ref().unwrap();
    assert_eq!(engine.state(), State::Error);
    engine.summary()
}

#[test]
fn e5_a_reminder_names_three_causes_and_counts_the_rest() {
    let said = |who: &str| format!("{who} silent since 2026-11-20T12:01:00Z");
    let named = |summary: &str| ["A", "B", "C", "D"].map(|who| summary.contains(&said(who)));
    assert_eq!(named(&summary(1)), [true, false, false, false]);
    assert_eq!(named(&summary(3)), [true, true, true, false]);
    assert!(!summary(3).contains("more"), "{}", summary(3));
    assert_eq!(named(&summary(4)), [true, true, true, false]);
    assert!(summary(4).ends_with("; and 1 more"), "{}", summary(4));
    assert!(summary(5).ends_with("; and 2 more"), "{}", summary(5));
}

#[test]
fn e5_a_cause_says_who_what_since_when_and_how_it_is_known() {
    let since = chassis::grid::Minute::containing(START, settings().timing.interval);
    let detail = "no submission".to_owned();
    let cause = |subject, last_seen| Cause {
        subject,
        code: CauseCode::Silent,
        since,
        last_seen,
        detail: detail.clone(),
    };
    assert_eq!(
        cause(Subject::Strategy(name("Y")), Some(START)).to_string(),
        "Y silent since 2026-11-20T12:00:00Z, last seen 2026-11-20T12:00:00Z: no submission"
    );
    assert_eq!(
        cause(Subject::Trader, None).to_string(),
        "trader silent since 2026-11-20T12:00:00Z: no submission"
    );
}

#[test]
fn j2_a_verdict_that_is_not_past_stands_from_its_own_minute_on() {
    let head = "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         60.000 submit X a 0.5      -> ok; 60 median=0.5 of 1; OK
         62.000 crash               ->";
    check(&format!(
        "{head}
         62.000 clock -2            ->
         62.000 start               ->
         62.000 state               -> OK"
    ));
    check(&format!(
        "{head}
         62.000 clock -2.5          ->
         62.000 start               -> ERROR: clock since 60"
    ));
}

#[test]
fn t5_behind_the_record_the_clock_alone_is_the_cause() {
    check(
        "00.000 register X a        -> registered X epoch=1 first=60; WAITING
         70.000 wait                -> ERROR: X silent since 60; 60 failed: X silent since 60
         71.000 crash               ->
         71.000 clock -20           ->
         71.000 start               -> ERROR: clock since 60",
    );
}
