//! Sessions that are opened, lost and refused.

use super::*;

#[test]
fn s6_one_minute_after_another() {
    check(&[
        (50, "look", ""),
        (50, "registered 11 60", "registered 11"),
        (59, "look", ""),
        (60, "look", "ask 60..68"),
        (61, "look", ""),
        (61, "decided 0.5", "submit 0.5 of 61 for 60..70 as 11"),
        (61, "received 0", "submitted 0.5"),
        (62, "decided 0.7", ""),
        (120, "look", "ask 120..128"),
        (128, "abstained why", "abstained why, submit `why` of 128 for 120..130 as 11"),
        (128, "received 0", ""),
    ]);
}

#[test]
fn s6_after_a_loss_the_same_word_is_said_again_though_it_was_acknowledged() {
    check(&[
        (50, "registered 11 60", "registered 11"),
        (60, "look", "ask 60..68"),
        (61, "decided 0.5", "submit 0.5 of 61 for 60..70 as 11"),
        (61, "received 0", "submitted 0.5"),
        (62, "lost unreachable", "no session unreachable, register as j2/11"),
        (63, "registered 11 60", "registered 11, submit 0.5 of 61 for 60..70 as 11"),
        (63, "received 0", ""),
        (64, "lost reset", "no session reset, register as j2/11"),
        (70, "registered 11 60", "registered 11"),
    ]);
}

#[test]
fn s6_decided_without_a_session_is_said_when_there_is_one() {
    check(&[
        (50, "registered 11 60", "registered 11"),
        (59, "lost unreachable", "no session unreachable, register as j2/11"),
        (60, "look", "ask 60..68"),
        (61, "decided 0.5", ""),
        (69, "registered 11 60", "registered 11, submit 0.5 of 61 for 60..70 as 11"),
    ]);
}

#[test]
fn s4_each_trouble_is_said_once_when_it_begins() {
    check(&[
        (1, "lost unreachable", "no session unreachable, register"),
        (2, "lost unreachable", "register"),
        (3, "lost journal", "register"),
        (4, "registered 11 60", "registered 11"),
        (5, "notice stopping", "no session it is stopping"),
        (6, "lost reset", "register as j2/11"),
        (7, "lost denied", "no session denied, register as j2/11"),
        (8, "lost denied", "register as j2/11"),
        (9, "lost reset", "no session reset, register as j2/11"),
    ]);
}

#[test]
fn s4_refused_for_good_ends_with_6() {
    for word in ["fenced", "deregistered", "interval"] {
        let end = match word {
            "fenced" => "end 6 fenced ",
            "deregistered" => "end 6 X was",
            _ => "end 6 interval; start",
        };
        check(&[(1, &format!("lost {word}"), end)]);
        check(&[(50, "registered 11 60", "registered 11"), (51, &format!("lost {word}"), end)]);
    }
    for word in ["fenced", "deregistered"] {
        let end = if word == "fenced" { "end 6 fenced " } else { "end 6 X was" };
        let submitted = [
            (50, "registered 11 60", "registered 11"),
            (60, "look", "ask 60..68"),
            (61, "decided 0.5", "submit 0.5 of 61 for 60..70 as 11"),
        ];
        let refused = format!("refused {word}");
        check(&[&submitted[..], &[(61, refused.as_str(), end)]].concat());
        let notice = format!("notice {word}");
        check(&[&submitted[..1], &[(51, notice.as_str(), end)]].concat());
    }
}

#[test]
fn s4_a_name_may_be_taken_for_ten_seconds() {
    check(&[
        (0, "lost unreachable", "no session unreachable, register"),
        (20, "lost taken", "no session taken, register"),
        (29, "lost taken", "register"),
        (29, "lost unreachable", "no session unreachable, register"),
        (35, "lost taken", "no session taken, register"),
        (44, "lost taken", "register"),
        (45, "lost taken", "end 1 the name"),
    ]);
}

#[test]
fn s4_only_a_first_contact_may_be_refused_altogether() {
    check(&[(1, "lost denied", "end 1 trader 127.0.0.1")]);
}

#[test]
fn s4_a_minute_refused_is_said_once_and_the_next_one_comes() {
    for word in ["late", "conflict", "stale", "future", "not-expected", "malformed"] {
        let (refused, said) = (format!("refused {word}"), format!("refused {word}"));
        check(&[
            (50, "registered 11 60", "registered 11"),
            (60, "look", "ask 60..68"),
            (61, "decided 0.5", "submit 0.5 of 61 for 60..70 as 11"),
            (61, &refused, &said),
            (62, "lost reset", "no session reset, register as j2/11"),
            (63, "registered 11 60", "registered 11, submit 0.5 of 61 for 60..70 as 11"),
            (63, &refused, ""),
            (120, "look", "ask 120..128"),
        ]);
    }
}

#[test]
fn r3_another_journal_is_a_first_contact() {
    check(&[
        (50, "registered 11 60", "registered 11"),
        (60, "look", "ask 60..68"),
        (61, "decided 0.5", "submit 0.5 of 61 for 60..70 as 11"),
        (61, "refused not-registered", "no session not-registered, register"),
        (61, "lost reset", "no session reset, register"),
        (62, "registered 101 60", "registered 101, submit 0.5 of 61 for 60..70 as 101"),
        (62, "received 0", "submitted 0.5"),
        (70, "lost reset", "no session reset, register as j3/101"),
    ]);
}

#[test]
fn r1_a_new_journal_may_not_expect_the_minute_at_hand() {
    check(&[
        (50, "registered 11 60", "registered 11"),
        (60, "look", "ask 60..68"),
        (61, "decided 0.5", "submit 0.5 of 61 for 60..70 as 11"),
        (61, "refused not-registered", "no session not-registered, register"),
        (62, "registered 101 120", "registered 101"),
        (120, "look", "ask 120..128"),
    ]);
}

#[test]
fn r1_a_first_minute_that_has_passed_is_taken_part_in_at_once() {
    check(&[(63, "registered 11 60", "registered 11, ask 60..68"), (64, "look", "")]);
    check(&[(63, "registered 11 120", "registered 11"), (120, "look", "ask 120..128")]);
    check(&[(
        69,
        "registered 11 0",
        "registered 11, abstained the strategy, submit `the strategy` of 69 for 60..70 as 11",
    )]);
    check(&[(
        68,
        "registered 11 0",
        "registered 11, abstained the strategy, submit `the strategy` of 68 for 60..70 as 11",
    )]);
    check(&[(70, "registered 11 0", "registered 11, missed"), (120, "look", "ask 120..128")]);
}

#[test]
fn s2_a_process_that_slept_goes_on_with_the_current_minute() {
    check(&[
        (50, "registered 11 60", "registered 11"),
        (60, "look", "ask 60..68"),
        (245, "look", "skipped 2, ask 240..248"),
        (375, "look", "skipped 1, missed"),
    ]);
    let mut session = session(None);
    happen(&mut session, 50, "registered 11 60");
    happen(&mut session, 60, "look");
    happen(&mut session, 241, "look");
    let old = Minute::containing(at(60), Interval::default());
    assert_eq!(session.decided(at(241), old, Ok(0.5), Vec::new()), []);
    assert_eq!(session.answered(old, Answer::Received(None)), []);
    let [Action::Submit(submission, ..)] = &happen(&mut session, 242, "decided 0.7")[..] else {
        panic!("the current minute is still to be decided");
    };
    assert_eq!(submission.content, Content::Decision(0.7));
}
