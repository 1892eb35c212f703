//! Pages beyond loopback: whoever shows a certificate, as its role allows, over HTTP/1.1.

use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsConnector;

use super::*;
use crate::http::{self, Route, Site, Visitor, Whom};

/// What a server of these two routes says.
struct Pages {
    world: World,
    way: Way,
    _tasks: JoinSet<()>,
}

fn pages() -> Pages {
    let world = start();
    let (way, incoming) = mpsc::channel(MANY);
    let who = |request: http::Request| async move {
        let identity = request.extensions().get::<Visitor>().and_then(Visitor::identity).cloned();
        http::text(::http::StatusCode::OK, identity.map_or_else(String::new, |who| who.to_string()))
    };
    let site = Site::default()
        .with("/who", Route::get(Whom::Readers, who))
        .with("/stop", Route::get(Whom::Operators, who));
    let mut tasks = JoinSet::new();
    let (tls, stop) = (Some(world.tls.clone()), CancellationToken::new());
    tasks.spawn(http::serve(site, ReceiverStream::new(incoming), (tls, true), stop));
    Pages { world, way: Way(way), _tasks: tasks }
}

impl Pages {
    /// What a client of this role gets that speaks these protocols; none: it is not let in.
    async fn get(&self, role: Option<Role>, protocols: &[&str], path: &str) -> Option<String> {
        let builder = self.world.stranger();
        let mut config = match role.map(|role| self.world.authority.issue(role, "X")) {
            Some(files) => {
                let chain = CertificateDer::from_pem_file(&files.certificate).unwrap();
                let key = PrivateKeyDer::from_pem_file(&files.key).unwrap();
                builder.with_client_auth_cert(vec![chain], key).unwrap()
            }
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let io = self.way.clone().connect().await.unwrap();
        let name = ServerName::try_from("anybody").unwrap();
        let connector = TlsConnector::from(std::sync::Arc::new(config));
        let mut io = connector.connect(name, io).await.ok()?;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: trader:9100\r\nConnection: close\r\n\r\n");
        io.write_all(request.as_bytes()).await.ok()?;
        let mut told = String::new();
        io.read_to_string(&mut told).await.ok()?;
        Some(told)
    }
}

#[tokio::test(start_paused = true)]
async fn fault_57_pages_are_for_certificates_and_commands_for_operators() {
    let pages = pages();
    let browser = ["h2", "http/1.1"];
    let told = pages.get(Some(Role::Strategy), &browser, "/who").await.unwrap();
    assert!(told.starts_with("HTTP/1.1 200") && told.ends_with("strategy X"), "{told}");
    let told = pages.get(Some(Role::Strategy), &[], "/stop").await.unwrap();
    assert!(told.starts_with("HTTP/1.1 403") && told.contains("the role operator"), "{told}");
    let told = pages.get(Some(Role::Operator), &browser, "/stop").await.unwrap();
    assert!(told.ends_with("operator X"), "{told}");
    assert_eq!(pages.get(None, &browser, "/who").await, None, "nobody is nobody");
    assert_eq!(pages.get(Some(Role::Operator), &["h2"], "/who").await, None, "gRPC is elsewhere");
}
