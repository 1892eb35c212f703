//! Attacks on servers that want certificates: handshakes that do not go on or lead nowhere, and one who
//! belongs and speaks for somebody else.

use std::{future::pending, net::SocketAddr};

use chassis::{channel::Dialer, clock::Clock, tls::Tls};
use futures_util::future::join_all;
use minutehand::certs;
use tokio::{io::AsyncReadExt as _, net::TcpStream};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConnection, pki_types::ServerName},
};

use super::{
    handshakes::{begin, noise},
    raw::Tally,
    siege::{Bounds, Siege},
    strangers::{Client, REFUSED, application, callers},
};
use crate::e2e::secured::{Papers, foreign};

/// Strangers that shake hands at a time.
const STRANGERS: usize = 16;

/// Memory for 200 connections that shake hands, and for 200 more that take their place; and a line for
/// each way in which a handshake ends without one: with nonsense or no certificate, closed, or reset.
const HANDSHAKES: Bounds = Bounds { memory: 12 * 1024, complaints: 3, names: 0 };

/// Honest parts, and one more whose certificate is as good as theirs.
fn papers() -> Papers {
    Papers::of(&[
        "generator/a",
        "generator/b",
        "trader/main",
        "strategy/X",
        "strategy/Y",
        "strategy/Z",
        "strategy/F",
    ])
}

fn localhost() -> ServerName<'static> {
    ServerName::try_from("localhost").unwrap()
}

/// The first words of a handshake.
fn client_hello(papers: &Papers) -> Vec<u8> {
    let mut hello = Vec::new();
    let mut client = ClientConnection::new(foreign::client(papers, None), localhost()).unwrap();
    client.write_tls(&mut hello).unwrap();
    hello
}

/// Whole handshakes that show no certificate, one after the other: what costs the server most.
async fn handshakes(to: SocketAddr, tally: &Tally, client: &TlsConnector) {
    let one = async || {
        loop {
            let Ok(stream) = TcpStream::connect(to).await else { continue };
            let Ok(mut stream) = client.connect(localhost(), stream).await else { continue };
            tally.blows(1);
            let refused = stream.read_u8().await.unwrap_err();
            tally.answered(refused.to_string());
        }
    };
    join_all((0..STRANGERS).map(|_| one())).await;
}

#[tokio::test]
async fn fault_51_handshakes_that_lead_nowhere() {
    let papers = papers();
    let mut siege = Siege::certified(&papers).await;
    let silent = async |to: SocketAddr, tally: &Tally| begin(to, tally, &[]).await;
    siege.endure("TLS: silent connections", HANDSHAKES, silent).await;
    let hello = client_hello(&papers);
    let half = &hello[..hello.len() / 2];
    let half = async |to: SocketAddr, tally: &Tally| begin(to, tally, half).await;
    siege.endure("TLS: half a handshake", HANDSHAKES, half).await;
    let unanswered = async |to: SocketAddr, tally: &Tally| begin(to, tally, &hello).await;
    siege.endure("TLS: a handshake and no answer", HANDSHAKES, unanswered).await;
    let counts = siege.endure("TLS: random bytes", HANDSHAKES, noise).await;
    assert!(counts.closed > 0, "{counts:?}");
    let stranger = TlsConnector::from(foreign::client(&papers, None));
    let whole = async |to: SocketAddr, tally: &Tally| handshakes(to, tally, &stranger).await;
    let counts = siege.endure("TLS: handshakes without a certificate", HANDSHAKES, whole).await;
    assert!(counts.answers.keys().any(|why| why.contains("CertificateRequired")), "{counts:?}");
}

#[tokio::test]
async fn fault_56_a_flood_of_registrations_under_the_name_of_another() {
    let papers = papers();
    let mut siege = Siege::certified(&papers).await;
    let files = certs::files(papers.directory(), &certs::identity("strategy/F").unwrap());
    let dialer = Dialer::over_tcp(Some(Tls::open(files, Clock::system()).unwrap()));
    let trader = siege.trader.port;
    let impostor = async |to: SocketAddr, tally: &Tally| {
        if to.port() != trader {
            return pending().await;
        }
        let call = async |client: &mut Client, number| {
            client.register(application("X", number)).await.map(drop)
        };
        callers(&dialer, to, tally, call).await;
    };
    let counts = siege.endure("TLS: registrations as somebody else", REFUSED, impostor).await;
    assert!(counts.answers["PermissionDenied"] > 0, "{counts:?}");
}
