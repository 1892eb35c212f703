//! What is refused, and that nothing is changed by it.

use super::*;

#[test]
fn a_ca_is_never_overwritten_and_never_guessed() {
    let mut desk = Desk::new();
    desk.x().unwrap();
    let (pem, key) = (desk.contents("ca.pem"), desk.contents("ca.key"));
    let put =
        |desk: &Desk, name: &str, contents: &[u8]| fs::write(desk.file(name), contents).unwrap();

    fs::remove_file(desk.file("ca.pem")).unwrap();
    desk.refused("ca.key is there without ca.pem beside it");
    assert_eq!(desk.contents("ca.key"), key);
    put(&desk, "ca.pem", b"nonsense");
    desk.refused("ca.pem holds no certificate in PEM");
    put(&desk, "ca.pem", &desk.contents("strategy-X.pem"));
    desk.refused("ca.pem is the certificate of no CA");
    put(&desk, "ca.pem", &pem);

    fs::remove_file(desk.file("strategy-X.pem")).unwrap();
    put(&desk, "ca.key", &desk.contents("strategy-X.key"));
    desk.refused("ca.key is not the key of ca.pem");
    put(&desk, "ca.key", &pem);
    desk.refused("ca.key holds no private key in PEM");
    fs::remove_file(desk.file("ca.key")).unwrap();
    desk.refused("ca.key is not there: a certificate is made where the key of its CA is kept");
    assert_eq!(desk.contents("ca.pem"), pem);
    assert!(!desk.file("ca.key").exists() && !desk.file("strategy-X.pem").exists());
}

#[test]
fn a_ca_past_its_time_is_told_with_its_dates() {
    let mut desk = Desk::new();
    desk.x().unwrap();
    desk.at = desk.at.plus(AUTHORITY_LIFE);
    desk.refused("is valid from 2026-11-20T11:55:00Z to 2036-11-17T12:00:00Z, and it is 2036-11-17T12:00:00Z");
    desk.at = Timestamp::parse("2026-11-20T11:54:00Z").unwrap();
    desk.refused("and it is 2026-11-20T11:54:00Z: set the clock if it is wrong");
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let mut desk = Desk::new();
    fs::write(desk.home.path().join("a"), "a file").unwrap();
    desk.refused("cannot write ");
}

#[test]
fn hosts_are_names_or_addresses() {
    for good in ["localhost", "trader.example", "a-1.b", "10.0.0.5", "::1"] {
        assert_eq!(good.parse::<Host>().unwrap().to_string(), good);
    }
    for bad in ["", ".", "a..b", "-a", "a-", "a b", "*.example", "http://x", "a:1", "é"] {
        assert!(bad.parse::<Host>().is_err(), "{bad}");
    }
}

#[test]
fn c3_wrong_orders_are_usage_errors() {
    for line in [
        "certs",
        "certs --dir x",
        "certs --for X",
        "certs --for strategy/",
        "certs --for Strategy/X",
        "certs --for pirate/X",
        "certs --for strategy/X --days 0",
        "certs --for strategy/X --days 3651",
        "certs --for strategy/X --host a:1",
        "certs --for strategy/X --operator ann",
    ] {
        let words = std::iter::once("minutehand").chain(line.split_whitespace());
        let error = crate::cli::command().try_get_matches_from(words).expect_err(line);
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}
