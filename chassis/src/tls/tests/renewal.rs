//! Certificates that are renewed, and such that end, while connections are open.

use std::{fs, time::Duration};

use tokio::time::sleep;

use super::*;

/// Longer than the files go unlooked at.
const LOOKED: Duration = Duration::from_secs(4);

impl World {
    /// Replaces the server's certificate by one that ends on this day.
    fn renew(&self, to: (i32, u8, u8)) {
        self.authority.write("trader-t", &Leaf { to, ..Leaf::of(Role::Trader, "t") });
    }

    /// Until when a new connection's server is certified, as a client sees it.
    async fn end(&self) -> Result<(), String> {
        let late = Leaf { to: (2030, 1, 1), ..Leaf::of(Role::Strategy, "X") };
        let late = self.authority.write("late", &late);
        probe(&mut self.client_at(late, at("2028-06-01T00:00:00Z"))).await
    }
}

#[tokio::test(start_paused = true)]
async fn fault_58_a_renewed_certificate_is_used_without_a_restart() {
    let world = start();
    let mut before = world.strategy();
    assert_eq!(probe(&mut before).await, Ok(()));
    assert!(world.end().await.unwrap_err().contains("expired at 2027-01-01"));
    world.renew((2029, 1, 1));
    sleep(LOOKED).await;
    // The server's clock is years behind, so that it lets in whoever comes.
    assert_eq!(world.end().await, Ok(()));
    assert_eq!(probe(&mut before).await, Ok(()), "open connections are untouched");
    let lines = world.lines.take();
    let said = "the certificate of trader t was read again: valid until 2029-01-01T00:00:00Z";
    assert!(lines.iter().any(|line| line.contains(said)), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn fault_58_a_clients_renewed_certificate_is_used_at_the_next_dial() {
    let world = start_as(Role::Trader, "2026-11-20T23:59:00Z");
    let leaf = |to| Leaf { to, ..Leaf::of(Role::Strategy, "X") };
    let files = world.authority.write("X", &leaf((2026, 11, 21)));
    let mut client = world.client(files);
    assert_eq!(probe(&mut client).await, Ok(()));
    world.authority.write("X", &leaf((2027, 1, 1)));
    sleep(Duration::from_secs(100)).await;
    assert_eq!(probe(&mut client).await, Ok(()), "disconnected, and back with the new one");
}

#[tokio::test(start_paused = true)]
async fn fault_58_bad_new_files_are_refused_once_and_the_old_ones_stay() {
    let world = start();
    let files = world.authority.issue(Role::Trader, "t");
    sleep(LOOKED).await;
    assert_eq!(probe(&mut world.strategy()).await, Ok(()));
    world.lines.take();
    let bad: [(&dyn Fn(), &str); 3] = [
        (&|| fs::write(&files.certificate, "nothing").unwrap(), "no whole certificate"),
        (&|| world.renew((2026, 11, 1)), "expired at 2026-11-01"),
        (
            &|| {
                world.authority.write("trader-t", &Leaf::of(Role::Trader, "other"));
            },
            "is for trader other, and this process is trader t",
        ),
    ];
    for (spoil, why) in bad {
        spoil();
        for _ in 0..3 {
            sleep(LOOKED).await;
            assert_eq!(probe(&mut world.strategy()).await, Ok(()), "{why}");
        }
        let lines = world.lines.take();
        let about: Vec<_> = lines.iter().filter(|line| line.contains("stays in use")).collect();
        assert!(about.len() == 1 && about[0].contains(why), "{why}: {lines:?}");
        assert!(about[0].contains("stays in use until 2027-01-01T00:00:00Z"), "{about:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn fault_58_a_peer_whose_certificate_ends_is_disconnected_within_a_minute() {
    let world = start_as(Role::Trader, "2026-11-20T23:59:00Z");
    let leaf = Leaf { to: (2026, 11, 21), ..Leaf::of(Role::Strategy, "X") };
    let mut client = world.client(world.authority.write("X", &leaf));
    let mut other = world.client(world.authority.issue(Role::Strategy, "Y"));
    assert_eq!((probe(&mut client).await, probe(&mut other).await), (Ok(()), Ok(())));
    sleep(Duration::from_secs(59)).await;
    assert_eq!(probe(&mut client).await, Ok(()));
    assert_eq!(world.lines.take(), [""; 0]);
    sleep(Duration::from_mins(1)).await;
    let lines = world.lines.take();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let said = "strategy X is disconnected: TLS: its certificate expired at 2026-11-21T00:00:00Z";
    assert!(lines[0].contains(said), "{lines:?}");
    assert!(probe(&mut client).await.is_err());
    assert_eq!(probe(&mut other).await, Ok(()), "the other one stays");
}

#[tokio::test(start_paused = true)]
async fn fault_58_who_has_a_certificate_of_a_replaced_authority_is_disconnected() {
    let world = start();
    let mut client = world.strategy();
    assert_eq!(probe(&mut client).await, Ok(()));
    let next = Authority::default();
    let files = next.issue(Role::Trader, "t");
    let old = world.authority.issue(Role::Trader, "t");
    for (from, to) in
        [(&files.ca, &old.ca), (&files.certificate, &old.certificate), (&files.key, &old.key)]
    {
        fs::copy(from, to).unwrap();
    }
    sleep(Duration::from_mins(1)).await;
    let lines = world.lines.take();
    let gone = "strategy X is disconnected: TLS: its certificate is from another authority";
    assert!(lines.iter().any(|line| line.contains(gone)), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn fault_58_an_end_is_warned_of_two_weeks_before_once_a_day() {
    let world = start_as(Role::Trader, "2026-12-17T12:00:00Z");
    let days = |days: u64| sleep(Duration::from_hours(24 * days));
    let warnings = |lines: &Lines| {
        lines.take().iter().filter(|line| line.contains("expires at 2027-01-01T00:00:00Z")).count()
    };
    Tls::attend(Some(&world.tls), async {
        sleep(Duration::from_hours(11)).await;
        assert_eq!(warnings(&world.lines), 0, "14 days and an hour are left");
        sleep(Duration::from_hours(2)).await;
        assert_eq!(warnings(&world.lines), 1);
        days(3).await;
        assert_eq!(warnings(&world.lines), 3);
        world.renew((2028, 1, 1));
        days(3).await;
        assert_eq!(warnings(&world.lines), 0, "it was renewed");
    })
    .await;
}
