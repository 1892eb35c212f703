//! Files that cannot be used: which one, what is wrong, what to do.

use std::{fs, os::unix::fs::PermissionsExt as _};

use super::*;

fn refused(files: &Files, time: &str) -> String {
    Tls::open(files.clone(), at(time)).map(|_| ()).unwrap_err().to_string()
}

#[tokio::test]
async fn fault_55_files_that_will_not_do_are_named() {
    let (authority, other) = (Authority::default(), Authority::default());
    let good = authority.issue(Role::Strategy, "X");
    let identity = Tls::open(good.clone(), at(NOON)).unwrap().identity();
    assert_eq!(identity.to_string(), "strategy X");

    let missing = Files { ca: authority.path("none.pem"), ..good.clone() };
    assert!(refused(&missing, NOON).ends_with("none.pem: No such file or directory (os error 2)"));
    let swapped = Files { certificate: good.key.clone(), ..good.clone() };
    assert!(
        refused(&swapped, NOON)
            .ends_with("X.key has no whole certificate in PEM form (BEGIN CERTIFICATE)")
    );
    let swapped = Files { key: good.certificate.clone(), ..good.clone() };
    assert!(
        refused(&swapped, NOON)
            .ends_with("X.pem has no whole private key in PEM form (BEGIN PRIVATE KEY)")
    );
    let of_another = authority.issue(Role::Strategy, "Y").key;
    let mixed = Files { key: of_another, ..good.clone() };
    assert!(refused(&mixed, NOON).contains("Y.key does not belong to the certificate"));
    let foreign = Files { ca: other.ca(), ..good.clone() };
    assert!(refused(&foreign, NOON).contains("X.pem was not issued by the authority of"));
    assert!(
        refused(&good, "2027-01-01T00:00:01Z")
            .ends_with("expired at 2027-01-01T00:00:00Z: renew it")
    );
}

#[tokio::test]
async fn fault_55_a_certificate_says_whose_it_is_once_and_whole() {
    let authority = Authority::default();
    let with = |uris: &[&str]| {
        let uris = uris.iter().map(|&uri| uri.to_owned()).collect();
        authority.write("odd", &Leaf { uris, ..Leaf::of(Role::Strategy, "X") })
    };
    let mine = "spiffe://minutehand/strategy/X";
    assert!(refused(&with(&[]), NOON).contains("names no identity"));
    assert!(
        refused(&with(&[mine, "spiffe://minutehand/operator/X"]), NOON).contains("several URIs")
    );
    let root = "spiffe://minutehand/root/X";
    assert!(
        refused(&with(&[root]), NOON).contains("\"spiffe://minutehand/root/X\" is not an identity")
    );
}

#[tokio::test]
async fn fault_55_a_key_that_others_can_read_is_refused() {
    let authority = Authority::default();
    let files = authority.issue(Role::Trader, "t");
    for (mode, taken) in
        [(0o640, false), (0o604, false), (0o620, false), (0o600, true), (0o400, true)]
    {
        fs::set_permissions(&files.key, fs::Permissions::from_mode(mode)).unwrap();
        let opened = Tls::open(files.clone(), at(NOON)).map(|_| ());
        assert_eq!(opened.is_ok(), taken, "{mode:o}");
        if let Err(error) = opened {
            let key = files.key.display();
            let expected = format!(
                "{key} can be used by others than its owner (mode {mode:04o}): chmod 600 {key}"
            );
            assert_eq!(error.to_string(), expected);
        }
    }
}

#[tokio::test]
async fn fault_55_no_secret_is_ever_shown() {
    let authority = Authority::default();
    let files = authority.issue(Role::Trader, "t");
    let secret = fs::read_to_string(&files.key).unwrap();
    let opened = Tls::open(files.clone(), at(NOON)).unwrap();
    let shown = format!("{opened:?} {:?}", opened.identity());
    fs::write(&files.key, secret.replace("END", "ENDE").replace("MI", "!!")).unwrap();
    let error = Tls::open(files, at(NOON)).unwrap_err();
    let shown = format!("{shown} {error} {error:?}");
    for line in secret.lines().filter(|line| !line.starts_with("---")) {
        assert!(!shown.contains(line) && !shown.contains(&line[8..24]), "{shown}");
    }
}
