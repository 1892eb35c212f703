//! Questions over HTTP, and what a part answers.

use std::net::Ipv4Addr;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{PATIENCE, Part, word};

/// A part's answer.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Page {
    /// What was told, taken apart; none if that is no answer.
    pub(crate) fn read(told: &str) -> Option<Self> {
        let status = told.split(' ').nth(1)?.parse().ok()?;
        let (_, body) = told.split_once("\r\n\r\n")?;
        Some(Self { status, body: body.to_owned() })
    }

    /// The value of a series.
    pub(crate) fn figure(&self, series: &str) -> f64 {
        let value = self.body.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        let value = value.unwrap_or_else(|| panic!("no `{series}` in\n{}", self.body));
        value.parse().unwrap_or_else(|_| panic!("`{series}` is `{value}`"))
    }
}

/// The port on which a part says that it serves figures.
pub(crate) async fn http_port(part: &mut Part) -> u16 {
    let line = part.line("INFO figures and health on http://127.0.0.1:").await;
    let port = word(&line, "127.0.0.1:").trim_end_matches('/');
    port.parse().unwrap()
}

/// All that comes back to these bytes, until the part closes the connection.
pub(crate) async fn exchange(port: u16, bytes: &[u8]) -> String {
    let exchanged = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        // Who is refused early is closed early, perhaps before all was sent or read.
        let _refused = stream.write_all(bytes).await;
        let mut told = Vec::new();
        let _reset = stream.read_to_end(&mut told).await;
        String::from_utf8(told).unwrap()
    };
    timeout(PATIENCE, exchanged).await.expect("it is answered or closed")
}

/// What `GET path` comes to.
pub(crate) async fn get(port: u16, path: &str) -> Page {
    get_from(port, path, "127.0.0.1").await
}

/// The same, asked of a server by this name.
pub(crate) async fn get_from(port: u16, path: &str, host: &str) -> Page {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let told = exchange(port, request.as_bytes()).await;
    Page::read(&told).unwrap_or_else(|| panic!("no answer: {told}"))
}
