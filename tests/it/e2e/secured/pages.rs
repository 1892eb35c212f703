//! Figures and the dashboard beyond this machine: for certificates, and each role sees what it may.

use std::{io, net::Ipv4Addr, sync::Arc};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, pki_types::ServerName},
};

use super::{Papers, foreign, words};
use crate::{
    e2e::system::median_of,
    harness::{PATIENCE, Page, Part, word},
};

/// A browser that shows a certificate, or none.
struct Browser {
    port: u16,
    config: Arc<ClientConfig>,
}

impl Browser {
    fn of(port: u16, papers: &Papers, shows: Option<(&Papers, &str)>) -> Self {
        let mut config = ClientConfig::clone(&foreign::client(papers, shows));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self { port, config: Arc::new(config) }
    }

    /// `get PATH`, or `post PATH` with a form; an error is a connection that is refused.
    async fn asks(&self, method: &str, path: &str, form: &str) -> io::Result<Page> {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost:{}\r\n", self.port);
        let length = format!("Content-Length: {}\r\nConnection: close\r\n\r\n", form.len());
        let asked = async {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
            let host = ServerName::try_from("localhost").unwrap();
            let connector = TlsConnector::from(Arc::clone(&self.config));
            let mut stream = connector.connect(host, stream).await?;
            stream.write_all(format!("{head}{length}{form}").as_bytes()).await?;
            let mut told = String::new();
            stream.read_to_string(&mut told).await?;
            io::Result::Ok(told)
        };
        let told = timeout(PATIENCE, asked).await.expect("it is answered or closed")?;
        Page::read(&told).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    async fn get(&self, path: &str) -> Page {
        self.asks("GET", path, "").await.unwrap()
    }
}

#[tokio::test]
async fn fault_56_the_page_shows_each_role_what_it_may_and_takes_orders_of_operators_alone() {
    let papers =
        Papers::of(&["generator/a", "trader/main", "strategy/X", "strategy/Y", "operator/ann"]);
    let flags = papers.flags("trader/main");
    let mut trader =
        Part::trader(&[&["--ephemeral", "--http", "0.0.0.0:0"], &*words(&flags)].concat()).await;
    let line = trader.line("INFO figures and health on https://0.0.0.0:").await;
    let port = word(&line, "0.0.0.0:").trim_end_matches('/').parse().unwrap();
    let a = Part::generator("a", &words(&papers.flags("generator/a"))).await;
    let _x = Part::strategy("X", &trader, &[&a], &words(&papers.flags("strategy/X")));
    let mut y = Part::strategy("Y", &trader, &[&a], &words(&papers.flags("strategy/Y")));
    median_of(&mut trader, 2).await;

    let strangers = Papers::of(&["operator/eve"]);
    for shows in [None, Some((&strangers, "operator-eve"))] {
        let stranger = Browser::of(port, &papers, shows);
        for path in ["/", "/healthz", "/metrics", "/deregister?name=Y"] {
            assert!(stranger.asks("GET", path, "").await.is_err(), "{path}");
        }
    }
    let reader = Browser::of(port, &papers, Some((&papers, "strategy-X")));
    let page = reader.get("/").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("<h1 class=\"state OK\">OK "), "{}", page.body);
    assert!(!page.body.contains("/deregister?name="), "{}", page.body);
    assert_eq!(reader.get("/deregister?name=Y").await.status, 403);
    let refused = reader.asks("POST", "/deregister", "name=Y").await.unwrap();
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert!(refused.body.contains("role operator"), "{}", refused.body);
    assert_eq!(reader.get("/healthz").await.body, "ok\n");
    median_of(&mut trader, 2).await;

    let operator = Browser::of(port, &papers, Some((&papers, "operator-ann")));
    assert!(operator.get("/").await.body.contains("/deregister?name=Y"));
    let done = operator.asks("POST", "/deregister", "name=Y&operator=root").await.unwrap();
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.body.contains("by ann."), "the certificate's name, not the form's: {}", done.body);
    y.exits_with(6).await;
    median_of(&mut trader, 1).await;
}
