//! Who is not let in: a handshake that is refused says so once, to the log and to whoever tried, and
//! changes nothing.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use tokio::{io::AsyncReadExt as _, net::TcpStream, time::timeout};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, pki_types::ServerName},
};

use super::{Certified, LONG, Papers, foreign::client, now, words};
use crate::{
    e2e::system::median_of,
    harness::{PATIENCE, Part, run},
};

const DAY: Duration = Duration::from_hours(24);

/// What the server says to this client, which has shaken hands as far as it can tell.
async fn answer(client: Arc<ClientConfig>, port: u16) -> String {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
    let host = ServerName::try_from("localhost").unwrap();
    let spoken = async {
        let mut stream = TlsConnector::from(client).connect(host, stream).await?;
        stream.read_u8().await
    };
    match timeout(PATIENCE, spoken).await.expect("an answer") {
        Ok(_) => "let in".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn fault_55_who_has_no_valid_certificate_is_refused_with_the_reason() {
    let mut system = Certified::start().await;
    let port = system.trader.port;
    let papers = &system.papers;
    let foreign = Papers::of(&["operator/ann"]);
    papers.issue(&["operator/late"], now().minus(DAY * 2), DAY);
    papers.issue(&["operator/early"], now().plus(DAY), LONG);
    for (shows, told, logged) in [
        (None, "CertificateRequired", "it shows no certificate"),
        (
            Some((&foreign, "operator-ann")),
            "UnknownCA",
            "its certificate is from another authority",
        ),
        (Some((papers, "operator-late")), "CertificateExpired", "its certificate expired at "),
        (
            Some((papers, "operator-early")),
            "CertificateExpired",
            "its certificate is not valid before ",
        ),
        (
            Some((papers, "generator-a")),
            "UnsupportedCertificate",
            "not for this end of a connection",
        ),
    ] {
        for _ in 0..3 {
            let answer = answer(client(papers, shows), port).await;
            assert!(answer.contains(told), "{answer} for {logged}");
        }
        let line = system.trader.line(logged).await;
        assert!(line.contains(" WARN handshake refused: TLS: "), "{line}");
        assert!(line.contains("peer=127.0.0.1:"), "{line}");
    }
    assert_eq!(answer(client(papers, Some((papers, "operator-ann"))), port).await, "let in");
    median_of(&mut system.trader, 2).await;
    // Three of each within ten seconds are one line, or two if the machine is slow.
    assert!(system.trader.said("handshake refused") <= 10);
    assert_eq!(system.trader.said("lost the connection"), 0);
    system.all_is_well().await;
}

#[tokio::test]
async fn fault_55_who_asks_with_the_wrong_files_is_told_before_anything_is_sent() {
    let system = Certified::start().await;
    let port = system.trader.port.to_string();
    let (papers, foreign) = (&system.papers, Papers::of(&["operator/ann"]));
    papers.issue(&["operator/late"], now().minus(DAY * 2), DAY);
    let [ca, _, _] = papers.flags("operator/ann");
    let [foreign_ca, certificate, key] = foreign.flags("operator/ann");
    for (flags, why) in [
        (papers.flags("operator/late"), "the certificate expired at "),
        (papers.flags("operator/none"), "No such file"),
        ([ca, certificate.clone(), key.clone()], "was not issued by the authority of"),
        ([foreign_ca, certificate, key], "its certificate is from another authority"),
    ] {
        let args = [&["status", "--trader-port", &port], &*words(&flags)].concat();
        let refused = run("minutehand", &args).await;
        assert_eq!(refused.out, "", "{why}");
        assert_ne!(refused.code, 0, "{why}");
        assert!(refused.err.contains(why), "no `{why}` in {}", refused.err);
        assert!(!refused.err.contains("PRIVATE KEY"), "{}", refused.err);
    }
}

#[tokio::test]
async fn fault_55_a_generators_certificate_is_no_traders() {
    let papers = Papers::of(&["generator/a", "trader/main", "strategy/X", "operator/ann"]);
    let a = Part::generator("a", &words(&papers.flags("generator/a"))).await;
    let flags = papers.flags("operator/ann");
    let port = a.port.to_string();
    let args = [&["status", "--trader-port", &port], &*words(&flags)].concat();
    let refused = run("minutehand", &args).await;
    assert_eq!((refused.code, &*refused.out), (1, ""), "{}", refused.err);
    assert!(
        refused.err.contains("it is generator a, and a trader was expected"),
        "{}",
        refused.err
    );
}
