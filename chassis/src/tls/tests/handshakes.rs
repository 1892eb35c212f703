//! Who is let in, and what is said to those who are not, on both sides.

use std::time::Duration;

use rustls::{
    ConfigBuilder,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;

use super::*;

/// The same warning is not given twice within this.
const REPEATED_AFTER: Duration = Duration::from_secs(10);

/// How a client introduces itself.
type Client = Box<dyn Fn(Builder) -> ClientConfig>;

type Builder = ConfigBuilder<ClientConfig, WantsClientCert>;

/// Shows the certificate in these files, whatever it is.
fn showing(files: &Files) -> impl Fn(Builder) -> ClientConfig + use<> {
    let chain = CertificateDer::from_pem_file(&files.certificate).unwrap();
    let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
    move |builder| builder.with_client_auth_cert(vec![chain.clone()], key.clone_key()).unwrap()
}

impl World {
    /// What a client is told that shakes hands in its own way.
    async fn turned_away(&self, client: impl Fn(Builder) -> ClientConfig) -> String {
        let config = client(self.stranger());
        let io = self.way.clone().connect().await.unwrap();
        let name = ServerName::try_from("anybody").unwrap();
        let mut io =
            TlsConnector::from(std::sync::Arc::new(config)).connect(name, io).await.unwrap();
        let error = io.read(&mut [0; 64]).await.expect_err("let in");
        error.get_ref().unwrap().downcast_ref().map(words::plain).unwrap()
    }
}

#[tokio::test(start_paused = true)]
async fn fault_55_who_belongs_is_let_in() {
    let world = start();
    for role in [Role::Strategy, Role::Operator, Role::Generator, Role::Trader] {
        let mut client = world.client(world.authority.issue(role, "X"));
        assert_eq!(probe(&mut client).await, Ok(()), "{role}");
    }
    assert_eq!(world.lines.take(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn fault_55_who_does_not_belong_is_refused_and_both_sides_know_why() {
    let world = start();
    let (other, namesake) = (Authority::named("other"), Authority::default());
    let leaf = Leaf::of(Role::Strategy, "X");
    let odd = |leaf: Leaf| showing(&world.authority.write("odd", &leaf));
    let rows: [(Client, &str, &str); 7] = [
        (
            Box::new(Builder::with_no_client_auth),
            "a certificate is required",
            "it shows no certificate",
        ),
        (
            Box::new(showing(&other.issue(Role::Strategy, "X"))),
            "the certificate is from another authority",
            "its certificate is from another authority: see --tls-ca of both sides",
        ),
        (
            Box::new(showing(&namesake.issue(Role::Strategy, "X"))),
            "the certificate is from another authority",
            "its certificate is from another authority: see --tls-ca of both sides",
        ),
        (
            Box::new(odd(Leaf { to: (2026, 11, 20), ..leaf.clone() })),
            "the certificate is expired, or not yet valid",
            "its certificate expired at 2026-11-20T00:00:00Z: renew it",
        ),
        (
            Box::new(odd(Leaf { from: (2026, 11, 21), ..leaf.clone() })),
            "the certificate is expired, or not yet valid",
            "its certificate is not valid before 2026-11-21T00:00:00Z",
        ),
        (
            Box::new(odd(Leaf { client: false, ..leaf.clone() })),
            "the certificate is not for this end of a connection (extended key usage)",
            "its certificate is not for this end of a connection (extended key usage)",
        ),
        (
            Box::new(odd(Leaf { uris: vec![], ..leaf })),
            "the certificate's identity is not accepted there",
            "the certificate names no identity",
        ),
    ];
    for (client, told, logged) in rows {
        tokio::time::sleep(REPEATED_AFTER).await;
        let heard = world.turned_away(client).await;
        assert!(heard.starts_with(&format!("it refuses this side: {told}")), "{heard}");
        let lines = world.lines.take();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains(&format!("handshake refused: TLS: {logged}")), "{lines:?}");
        assert!(lines[0].contains("peer=192.0.2.7:4321"), "{lines:?}");
    }
    assert_eq!(probe(&mut world.strategy()).await, Ok(()), "the others are unharmed");
}

#[tokio::test(start_paused = true)]
async fn fault_55_the_same_refusal_again_and_again_is_logged_seldom() {
    let world = start();
    for _ in 0..50 {
        world.turned_away(Builder::with_no_client_auth).await;
    }
    assert_eq!(world.lines.take().len(), 1);
    tokio::time::sleep(REPEATED_AFTER).await;
    world.turned_away(Builder::with_no_client_auth).await;
    let lines = world.lines.take();
    assert!(lines.len() == 1 && lines[0].contains("times=50"), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn fault_55_who_speaks_in_the_clear_is_closed() {
    let world = start();
    let mut io = world.way.clone().connect().await.unwrap();
    io.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    io.read_to_end(&mut rest).await.unwrap();
    let lines = world.lines.take();
    assert!(lines.len() == 1 && lines[0].contains("TLS: it does not speak TLS"), "{lines:?}");
}

/// What a strategy says of the server that it reached.
async fn complaint(world: &World, files: Files, clock: Clock) -> String {
    probe(&mut world.client_at(files, clock)).await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn fault_55_a_refusal_is_a_clear_cause_on_the_clients_side() {
    let world = start();
    let served_only = Leaf { client: false, ..Leaf::of(Role::Strategy, "X") };
    let served_only = world.authority.write("odd", &served_only);
    let cause = complaint(&world, served_only, world.clock).await;
    assert_eq!(
        cause,
        "TLS: it refuses this side: the certificate is not for this end of a connection (extended key usage)"
    );
    let ended = Leaf { to: (2026, 11, 20), ..Leaf::of(Role::Strategy, "X") };
    let ended = world.authority.write("odd", &ended);
    let cause = complaint(&world, ended, at("2026-11-19T12:00:00Z")).await;
    assert_eq!(cause, "TLS: it refuses this side: the certificate is expired, or not yet valid");
}

#[tokio::test(start_paused = true)]
async fn fault_55_a_server_must_be_what_was_expected() {
    let world = start_as(Role::Generator, NOON);
    let cause = complaint(&world, world.authority.issue(Role::Strategy, "X"), world.clock).await;
    assert_eq!(cause, "TLS: it is generator t, and a trader was expected: see the address");
    let lines = world.lines.take();
    assert!(lines.len() == 1 && lines[0].contains("TLS: it refuses this side"), "{lines:?}");

    let world = start();
    let other = Authority::default();
    let mine = other.issue(Role::Strategy, "X");
    let cause = complaint(&world, mine, world.clock).await;
    assert_eq!(cause, "TLS: its certificate is from another authority: see --tls-ca of both sides");
    let late =
        world.authority.write("late", &Leaf { to: (2028, 1, 1), ..Leaf::of(Role::Strategy, "X") });
    let cause = complaint(&world, late, at("2027-01-02T00:00:00Z")).await;
    assert_eq!(cause, "TLS: its certificate expired at 2027-01-01T00:00:00Z: renew it");
}
