//! Who may do what, and what a browser may do with a page.

use std::time::Duration;

use super::{super::start, AFAR, HERE, answers, says, serve, serve_as, three};

#[tokio::test(start_paused = true)]
async fn r5_operators_deregister_after_they_were_asked() {
    let served = serve(start("12:00:30"));
    let world = &served.world;
    let [_x, _y, mut z] = three(world).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(served.page().await.contains("href=\"/deregister?name=Z\""));
    let question = served.get(HERE, "/deregister?name=Z").await;
    answers(&question, "200");
    says(&question, &["Deregister Z?", "Keep it"]);
    assert!(question.contains("<form method=\"post\" action=\"/deregister\">"), "{question}");
    says(&served.page().await, &["Z | connected"]);
    let origin = "Origin: http://127.0.0.1\r\n";
    let done = served.post(HERE, origin, "name=Z&operator=Ann+%3Cb%3E").await;
    answers(&done, "200");
    says(&done, &["Strategy Z is off the list, durably, by Ann &lt;b&gt;."]);
    assert_eq!(z.told().await, "SESSION_NOTICE_DEREGISTERED");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!served.page().await.contains("name=Z"));
    for (form, status, words) in [
        ("name=Z", "404", "no strategy `Z` is registered"),
        ("name=", "400", "No name of a strategy"),
        ("operator=Ann", "400", "No name of a strategy"),
        ("name=%3Cscript%3E", "400", "No name of a strategy"),
        (&format!("name=X&operator={}", "a".repeat(200)), "400", "operator"),
        (&format!("name=X&operator={}", "a".repeat(2_000)), "413", "1024 bytes"),
    ] {
        let answer = served.post(HERE, origin, form).await;
        answers(&answer, status);
        says(&answer, &[words]);
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    says(&served.page().await, &["X | connected"]);
}

#[tokio::test(start_paused = true)]
async fn fault_57_nobody_else_deregisters() {
    let served = serve(start("12:00:30"));
    let _held = three(&served.world).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let afar = served.get(AFAR, "/").await;
    says(&afar, &["X | connected"]);
    assert!(!afar.contains("Deregister") && !afar.contains("/deregister"), "{afar}");
    let now = served.get(AFAR, "/now").await;
    assert!(now.contains("connected") && !now.contains("/deregister"), "{now}");
    for answer in [
        served.get(AFAR, "/deregister?name=X").await,
        served.post(AFAR, "", "name=X").await,
        served.post(HERE, "Origin: http://evil.example\r\n", "name=X").await,
        served.post(HERE, "Origin: null\r\n", "name=X").await,
    ] {
        answers(&answer, "403");
    }
    answers(&served.get(HERE, "/deregister?name=X&operator=Ann").await, "200");
    says(&served.page().await, &["X | connected", "Strategies | 3"]);
}

#[tokio::test(start_paused = true)]
async fn fault_57_a_trader_with_tls_shows_nothing_on_loopback() {
    let served = serve_as(start("12:00:30"), true);
    for path in ["/", "/now", "/events", "/minute?at=2026-11-20T12:01:00Z", "/deregister?name=X"] {
        let answer = served.get(HERE, path).await;
        answers(&answer, "403");
        says(&answer, &["certificates only"]);
    }
}

#[tokio::test(start_paused = true)]
async fn fault_57_a_page_runs_and_loads_only_what_is_of_the_trader() {
    let served = serve(start("12:00:30"));
    let page = served.page().await;
    for header in [
        "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'",
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        "x-content-type-options: nosniff",
        // With none at all a browser says of a form that it is from nowhere.
        "referrer-policy: same-origin",
        "cache-control: no-store",
    ] {
        assert!(page.contains(header), "{header}: {page}");
    }
    for forbidden in ["<style", "style=", "<script>", " onclick", "http:", "https:", "//"] {
        assert!(
            !page.split_once("<!doctype").unwrap().1.contains(forbidden),
            "{forbidden}: {page}"
        );
    }
    for (path, kind) in [
        ("/page.js", "text/javascript"),
        ("/style.css", "text/css"),
        ("/icon.svg", "image/svg+xml"),
    ] {
        let asset = served.get(AFAR, path).await;
        answers(&asset, "200");
        assert!(asset.contains(kind) && page.contains(&format!("\"{path}\"")), "{path}");
    }
}
