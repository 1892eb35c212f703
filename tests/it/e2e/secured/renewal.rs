//! Certificates that end while their parts run: renewed in time, or too late.

use std::time::Duration;

use chassis::grid::Timestamp;

use super::{Certified, LONG, Papers, now};
use crate::{e2e::system::median_of, harness::word};

const ALL: [&str; 6] =
    ["generator/a", "generator/b", "trader/main", "strategy/X", "strategy/Y", "operator/ann"];

/// Long enough for a system to start on a busy machine, short enough to wait for its end.
const SHORT: Duration = Duration::from_secs(20);

/// A peer is looked at again this often.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(30);

#[tokio::test]
async fn fault_58_a_system_outlives_its_first_certificates_without_a_restart() {
    let papers = Papers::of(&ALL);
    papers.issue(&ALL, now(), SHORT);
    let ended = now().plus(SHORT);
    let mut system = Certified::of(papers).await;
    system.papers.issue(&ALL, now(), LONG);
    for (part, identity) in [
        (&mut system.trader, "trader main"),
        (&mut system.a, "generator a"),
        (&mut system.b, "generator b"),
        (&mut system.x, "strategy X"),
        (&mut system.y, "strategy Y"),
    ] {
        part.line(&format!("INFO the certificate of {identity} was read again: valid until "))
            .await;
    }
    assert!(now() < ended, "the machine is too busy to renew in time");
    // By then each peer was looked at once after that end, and nobody speaks under a certificate
    // that has ended.
    let mut medians = 0;
    while now() < ended.plus(LOOKED_AT_EVERY) {
        median_of(&mut system.trader, 2).await;
        medians += 1;
    }
    median_of(&mut system.trader, 2).await;
    assert!(medians > 5, "{medians}");
    for part in [&mut system.trader, &mut system.x, &mut system.y] {
        assert_eq!(part.said("read again"), 1);
        assert_eq!(part.said("handshake refused"), 0);
    }
    assert_eq!(system.trader.said("ERROR state ERROR"), 0);
    system.all_is_well().await;
}

#[tokio::test]
async fn fault_58_who_has_expired_is_out_within_a_minute_and_back_with_a_renewed_certificate() {
    let papers = Papers::of(&ALL);
    papers.issue(&["strategy/X"], now(), SHORT);
    let ended = now().plus(SHORT);
    let mut system = Certified::of(papers).await;
    let out = system.trader.line("WARN strategy X is disconnected: ").await;
    assert!(out.contains("its certificate expired at "), "{out}");
    let at = Timestamp::parse(out.split(' ').next().unwrap()).unwrap();
    assert!(at >= ended.minus(Duration::from_secs(1)), "{out}");
    assert!(at.since(ended) < Duration::from_mins(1), "{out}");

    // It tries again and again; nothing that it says is heard, and the trader names it.
    let refused = system.trader.line("handshake refused: TLS: its certificate expired at ").await;
    assert!(refused.contains(" WARN "), "{refused}");
    let state = system.trader.line("ERROR state ERROR ").await;
    assert!(state.contains("X disconnected since "), "{state}");
    assert!(!state.contains("Y "), "{state}");
    system.x.line("the certificate is expired").await;

    system.papers.issue(&["strategy/X"], now(), LONG);
    let back = system.trader.line("INFO registered X ").await;
    assert_eq!((word(&back, "epoch="), word(&back, "taken_over=")), ("1", "false"), "{back}");
    median_of(&mut system.trader, 2).await;
    system.all_is_well().await;
}
