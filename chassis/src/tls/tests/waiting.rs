//! Those who take their time over a handshake hold up nobody and are not waited for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{Instant, sleep},
};

use super::*;

/// The head of a record that promises a first message of 512 bytes, and nothing of it.
const HEAD: [u8; 5] = [22, 3, 1, 2, 0];

impl World {
    /// A client, and how often it has dialled.
    fn counting(&self, files: Files) -> (HealthClient<Channel>, Arc<AtomicUsize>) {
        let (tls, way) = (Tls::open(files, self.clock).unwrap(), self.way.clone());
        let dials = Arc::new(AtomicUsize::default());
        let counter = Arc::clone(&dials);
        let dialer = Dialer::secured(tls, move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
            way.clone().connect()
        });
        (HealthClient::new(dialer.channel(&Address::local(1), Role::Trader)), dials)
    }
}

#[tokio::test(start_paused = true)]
async fn fault_51_a_dripping_client_hello_is_closed_after_five_seconds() {
    let world = start();
    let (mut read, mut write) = tokio::io::split(world.way.clone().connect().await.unwrap());
    let begun = Instant::now();
    let dripping = async {
        write.write_all(&HEAD).await.unwrap();
        while write.write_all(&[1]).await.is_ok() {
            sleep(Duration::from_millis(100)).await;
        }
    };
    let closed = async { read.read_to_end(&mut Vec::new()).await };
    let ((), ended) = tokio::join!(dripping, closed);
    assert!(ended.is_ok(), "closed in order");
    assert_eq!(begun.elapsed().as_secs(), 5);
    let lines = world.lines.take();
    assert!(
        lines.len() == 1 && lines[0].contains("TLS: not done within --handshake-timeout"),
        "{lines:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn fault_51_after_the_handshake_the_preface_has_its_own_five_seconds() {
    let world = start();
    let io = world.way.clone().connect().await.unwrap();
    let tls = Tls::open(world.authority.issue(Role::Strategy, "X"), world.clock).unwrap();
    let mut silent = tls.connect(io, Role::Trader).await.unwrap();
    let begun = Instant::now();
    let mut rest = Vec::new();
    let _either = silent.read_to_end(&mut rest).await;
    assert_eq!(begun.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn fault_50_a_flood_of_handshakes_holds_up_nobody() {
    let world = start();
    let (mut known, dials) = world.counting(world.authority.issue(Role::Strategy, "X"));
    assert_eq!(probe(&mut known).await, Ok(()));
    // More than there may be: who has shown a certificate stays, who has not makes room.
    let flood = join_all((0..2_000).map(|_| async {
        let mut io = world.way.clone().connect().await.unwrap();
        io.write_all(&HEAD).await.unwrap();
        io
    }));
    let _held = flood.await;
    let begun = Instant::now();
    assert_eq!(probe(&mut world.strategy()).await, Ok(()), "a newcomer");
    assert_eq!(probe(&mut known).await, Ok(()), "one who was there");
    assert_eq!(dials.load(Ordering::Relaxed), 1, "and still is");
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}
