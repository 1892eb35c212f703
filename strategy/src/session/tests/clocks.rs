//! Clocks and terms that do not agree.

use super::*;

#[test]
fn t3_a_first_registration_with_clocks_apart_is_refused() {
    check(&[(50, "registered 11 60 2", "end 1 the clocks")]);
    check(&[(50, "registered 11 60 -2", "end 1 the clocks")]);
    check(&[(50, "registered 11 60 1", "registered 11")]);
}

#[test]
fn t3_later_it_abstains_until_the_clocks_agree() {
    check(&[
        (50, "registered 11 60", "registered 11"),
        (60, "look", "ask 60..68"),
        (61, "decided 0.5", "submit 0.5 of 61 for 60..70 as 11"),
        (61, "received 3", "submitted 0.5, apart"),
        (120, "look", "abstained the trader's, submit `the trader's` of 120 for 120..130 as 11"),
        (120, "refused late 3", "refused late"),
        (180, "look", "abstained the trader's, submit `the trader's` of 180 for 180..190 as 11"),
        (180, "received 0", "agree"),
        (240, "look", "ask 240..248"),
    ]);
    check(&[
        (50, "registered 11 60", "registered 11"),
        (51, "lost reset", "no session reset, register as j2/11"),
        (52, "registered 11 60 -5", "registered 11, apart"),
    ]);
}

#[test]
fn t3_each_submission_carries_the_last_offset() {
    let mut session = session(None);
    happen(&mut session, 50, "registered 11 60 1");
    happen(&mut session, 60, "look");
    let submitted = happen(&mut session, 61, "decided 0.5");
    let [Action::Submit(_, _, Some(offset), _)] = &submitted[..] else {
        panic!("{submitted:?}");
    };
    assert_eq!(offset.micros, 1_000_000);
}

#[test]
fn t6_terms_that_do_not_fit_end_the_strategy() {
    let end = |change: fn(&mut Registered), patience: Option<u64>| {
        let mut session = session(patience.map(Duration::from_secs));
        let mut told = told("11", "60", "0");
        change(&mut told);
        match &session.registered(at(50), told)[..] {
            [Action::End(exit, message)] => format!("{} {message}", *exit as u8),
            other => panic!("{other:?}"),
        }
    };
    for (text, expected) in [
        (
            end(|told| told.interval = Duration::from_secs(2), None),
            "6 the trader's interval is 2s, this strategy's is 1m; start strategy X with the same --interval as trader 127.0.0.1:1010 and the generators",
        ),
        (
            end(|_| (), Some(9)),
            "1 the settings of trader 127.0.0.1:1010 do not fit this strategy's: patience 9s and skew 1s together are not less than the grace 10s: set a shorter patience (--patience)",
        ),
        (
            end(|told| told.skew = Duration::from_secs(7), None),
            "1 the settings of trader 127.0.0.1:1010 do not fit this strategy's: skew 7s is more than a tenth of the interval 1m: set it to 6s or less",
        ),
        (
            end(|told| (told.taken_over, told.skew) = (true, Duration::from_secs(7)), None),
            "1 the settings of trader 127.0.0.1:1010 do not fit this strategy's: skew 7s is more than a tenth of the interval 1m: set it to 6s or less; X stays registered: `deregister -n X` takes it off the trader's list",
        ),
        (
            end(|told| told.first_minute = at(61), None),
            "1 the settings of trader 127.0.0.1:1010 do not fit this strategy's: its first minute: 1970-01-01T00:01:01Z is not the start of a minute of 1m; the minute it falls into is 1970-01-01T00:01:00Z",
        ),
    ] {
        assert_eq!(text, expected);
    }
}
