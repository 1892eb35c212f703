//! What is made, kept and renewed, as it is on disk.

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, Issuer, SanType, date_time_ymd};

use super::{
    files::{self, Place},
    *,
};

fn serial(certificate: &Certificate) -> Vec<u8> {
    X509Certificate::from_der(&certificate.der).unwrap().1.raw_serial().to_vec()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn who_is_called_cannot_call_and_who_calls_cannot_be_called() {
    let mut desk = Desk::new();
    let all = ["generator/a", "operator/ann", "strategy/X.1", "trader/main"];
    let mut order = desk.order(&all);
    order.hosts = ["trader.example", "10.0.0.5"].map(|host| host.parse().unwrap()).into();
    assert_eq!(desk.fill(&order), Ok(vec![Done::Made; 4]));
    let authority = desk.certificate("ca.pem");
    assert!(authority.is_authority);
    for (identity, usage) in
        all.iter().zip([Usage::Server, Usage::Client, Usage::Client, Usage::Server])
    {
        let certificate = desk.certificate(&format!("{}.pem", identity.replace('/', "-")));
        assert_eq!(certificate.uris, [format!("spiffe://minutehand/{identity}")]);
        assert_eq!(certificate.usage, Some(usage), "{identity}");
        assert!(!certificate.is_authority, "{identity}");
        assert!(authority.has_signed(&certificate), "{identity}");
        let hosts: Vec<String> = certificate.hosts.iter().map(Host::to_string).collect();
        let expected: &[&str] = match usage {
            Usage::Server => &["localhost", "trader.example", "10.0.0.5", "127.0.0.1", "::1"],
            Usage::Client => &[],
        };
        assert_eq!(hosts, expected, "{identity}");
    }
}

#[test]
fn certificates_live_from_a_moment_ago_for_as_long_as_was_asked() {
    let mut desk = Desk::new();
    let five_minutes = Duration::from_mins(5);
    let order = Order { life: DAY * 30, ..desk.order(&["strategy/X"]) };
    desk.fill(&order).unwrap();
    let authority = desk.certificate("ca.pem");
    assert_eq!(authority.from, desk.at.minus(five_minutes));
    assert_eq!(authority.until, desk.at.plus(AUTHORITY_LIFE));
    let certificate = desk.certificate("strategy-X.pem");
    assert_eq!(certificate.from, desk.at.minus(five_minutes));
    assert_eq!(certificate.until, desk.at.plus(DAY * 30));
    // None outlives its CA.
    desk.at = authority.until.minus(DAY * 10);
    assert_eq!(desk.x(), Ok(Done::Renewed("it was near its end")));
    assert_eq!(desk.certificate("strategy-X.pem").until, authority.until);
}

#[test]
fn what_is_good_is_kept_to_the_byte() {
    let mut desk = Desk::new();
    assert_eq!(desk.x(), Ok(Done::Made));
    let files = ["ca.pem", "ca.key", "strategy-X.pem", "strategy-X.key"];
    let before = files.map(|name| desk.contents(name));
    desk.at = desk.at.plus(DAY * 59);
    assert_eq!(desk.x(), Ok(Done::Kept));
    assert_eq!(files.map(|name| desk.contents(name)), before);
}

#[test]
fn a_renewed_certificate_keeps_its_key_and_replaces_one_whole_file() {
    let mut desk = Desk::new();
    desk.x().unwrap();
    let (first, key) = (desk.certificate("strategy-X.pem"), desk.contents("strategy-X.key"));
    let mut reader = fs::File::open(desk.file("strategy-X.pem")).unwrap();
    let node = reader.metadata().unwrap().ino();
    desk.at = desk.at.plus(DAY * 61);
    assert_eq!(desk.x(), Ok(Done::Renewed("it was near its end")));
    let second = desk.certificate("strategy-X.pem");
    assert_eq!(second.until, desk.at.plus(DAY * 90));
    assert_eq!((&second.public_key, desk.contents("strategy-X.key")), (&first.public_key, key));
    assert_ne!(serial(&second), serial(&first));
    // Whoever had it open still reads the first one, whole.
    assert_ne!(fs::metadata(desk.file("strategy-X.pem")).unwrap().ino(), node);
    let mut read = Vec::new();
    std::io::Read::read_to_end(&mut reader, &mut read).unwrap();
    assert_eq!(Certificate::in_pem(&read).unwrap().der, first.der);
    assert_eq!(fs::read_dir(desk.directory()).unwrap().count(), 4, "nothing is left beside them");
}

#[test]
fn a_certificate_that_does_not_do_is_made_again_for_its_reason() {
    let mut desk = Desk::new();
    desk.x().unwrap();
    let order = Order { renew: true, ..desk.order(&["strategy/X"]) };
    assert_eq!(desk.fill(&order), Ok(vec![Done::Renewed("asked for")]));

    let order = desk.order(&["trader/main"]);
    desk.fill(&order).unwrap();
    let wider = Order { hosts: ["t.example".parse().unwrap()].into(), ..order.clone() };
    assert_eq!(desk.fill(&wider), Ok(vec![Done::Renewed("hosts were missing in it")]));
    assert_eq!(desk.fill(&order), Ok(vec![Done::Kept]));
    let again = Order { renew: true, ..order };
    assert_eq!(desk.fill(&again), Ok(vec![Done::Renewed("asked for")]));
    let hosts = desk.certificate("trader-main.pem").hosts;
    assert!(hosts.contains(&"t.example".parse().unwrap()), "a renewal loses no host: {hosts:?}");

    for file in ["pem", "key"] {
        fs::copy(
            desk.file(&format!("trader-main.{file}")),
            desk.file(&format!("strategy-X.{file}")),
        )
        .unwrap();
    }
    assert_eq!(desk.x(), Ok(Done::Renewed("it said something else")));
    assert_eq!(desk.certificate("strategy-X.pem").usage, Some(Usage::Client));
    fs::remove_file(desk.file("strategy-X.key")).unwrap();
    assert_eq!(desk.x(), Ok(Done::Renewed("its key was missing or another's")));
    for file in ["ca.pem", "ca.key"] {
        fs::remove_file(desk.file(file)).unwrap();
    }
    assert_eq!(desk.x(), Ok(Done::Renewed("another CA had signed it")));
    assert_eq!(desk.x(), Ok(Done::Kept));
}

#[test]
fn keys_are_their_owners_alone() {
    let mut desk = Desk::new();
    desk.x().unwrap();
    assert_eq!(mode(&desk.directory()), 0o700);
    assert_eq!(mode(&desk.file("ca.key")), 0o600);
    assert_eq!(mode(&desk.file("strategy-X.key")), 0o600);
    assert_eq!(mode(&desk.file("strategy-X.pem")), 0o644);
    let key = String::from_utf8(desk.contents("strategy-X.key")).unwrap();
    assert!(key.starts_with("-----BEGIN PRIVATE KEY-----\n"), "PKCS#8");
    assert!(key.ends_with("\n-----END PRIVATE KEY-----\n"));
    assert!(key.lines().all(|line| line.len() <= 64));

    fs::set_permissions(desk.file("strategy-X.key"), Permissions::from_mode(0o640)).unwrap();
    desk.refused("strategy-X.key can be read by others (mode 0640): `chmod 600` it;");
}

#[test]
fn nothing_needs_the_cas_key_while_all_is_kept() {
    let mut desk = Desk::new();
    desk.x().unwrap();
    fs::remove_file(desk.file("ca.key")).unwrap();
    assert_eq!(desk.x(), Ok(Done::Kept));
}

#[test]
fn a_certificate_that_says_something_else_is_made_again() {
    let mut desk = Desk::new();
    let order = desk.order(&["strategy/X", "strategy/Y"]);
    desk.fill(&order).unwrap();
    for extension in ["pem", "key"] {
        let [of_y, of_x] =
            ["Y", "X"].map(|name| desk.file(&format!("strategy-{name}.{extension}")));
        fs::copy(of_y, of_x).unwrap();
    }
    assert_eq!(desk.x(), Ok(Done::Renewed("it said something else")));
}

#[test]
fn a_certificate_for_both_sides_is_made_again() {
    let mut desk = Desk::new();
    for identity in ["strategy/X", "trader/main"] {
        let order = desk.order(&[identity]);
        desk.fill(&order).unwrap();
        let file = desk.file(&identity.replace('/', "-"));
        let key = |file: &Path| files::read_key(file).unwrap().unwrap();
        let authority = desk.certificate("ca.pem").der;
        let issuer =
            Issuer::from_ca_cert_der(&authority.as_slice().into(), key(&desk.file("ca.key")));
        let mut params = CertificateParams::default();
        params.not_before = date_time_ymd(2026, 11, 1);
        params.not_after = date_time_ymd(2027, 3, 1);
        let uri = format!("spiffe://minutehand/{identity}");
        let hosts = ["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        params.subject_alt_names = CertificateParams::new(hosts).unwrap().subject_alt_names;
        params.subject_alt_names.push(SanType::URI(uri.try_into().unwrap()));
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        let both = params.signed_by(&key(&file.with_extension("key")), &issuer.unwrap()).unwrap();
        let certificate = file.with_extension("pem");
        files::write_certificate(&certificate, both.der(), Place::Taken).unwrap();
        assert_eq!(desk.fill(&order), Ok(vec![Done::Renewed("it said something else")]));
    }
}

#[test]
fn a_certificate_from_a_clock_that_was_ahead_is_made_again() {
    let mut desk = Desk::new();
    let nobody = desk.order(&[]);
    assert_eq!(desk.fill(&nobody), Ok(vec![]));
    desk.at = desk.at.plus(DAY);
    desk.x().unwrap();
    desk.at = desk.at.minus(DAY);
    assert_eq!(desk.x(), Ok(Done::Renewed("it was not valid yet")));
    assert_eq!(desk.x(), Ok(Done::Kept));
}

#[test]
fn a_forged_signature_is_another_cas() {
    let mut desk = Desk::new();
    desk.x().unwrap();
    let mut der = desk.certificate("strategy-X.pem").der;
    *der.last_mut().unwrap() ^= 1;
    files::write_certificate(&desk.file("strategy-X.pem"), &der, Place::Taken).unwrap();
    assert_eq!(desk.x(), Ok(Done::Renewed("another CA had signed it")));
}
