//! Certificates: whether they hold, whose they are, and until when.

use chassis::{
    clock::Clock,
    flag::Tls,
    grid::Timestamp,
    tls::{Files, Identity},
};

use super::finding::Finding;
use crate::{certs, report::length};

const CHECK: &str = "certificate";

/// What a part or an operator shows; `remedy` says how to make another one.
pub(super) fn examine(
    files: &Files,
    whose: Option<&Identity>,
    clock: Clock,
    remedy: &str,
) -> Finding {
    let subject = match whose {
        Some(identity) => format!("{} {}", identity.role, identity.name),
        None => files.certificate.display().to_string(),
    };
    let flags = Tls {
        ca: Some(files.ca.clone()),
        certificate: Some(files.certificate.clone()),
        key: Some(files.key.clone()),
    };
    let opened = match whose {
        Some(Identity { role, name }) => flags.open_as(*role, Some(name), clock),
        None => flags.open(clock),
    };
    match (opened, certs::life(&files.certificate)) {
        (Err(failure), _) => Finding::bad(CHECK, &subject, failure.message).so(remedy),
        (Ok(_), None) => Finding::bad(CHECK, &subject, "it cannot be read").so(remedy),
        (Ok(_), Some(life)) => judge(&subject, life, clock.wall(), remedy),
    }
}

fn judge(subject: &str, life: certs::Life, now: Timestamp, remedy: &str) -> Finding {
    let left = life.until.since(now);
    let days = left.as_secs() / (24 * 60 * 60);
    let left = if days < 2 { length(left) } else { format!("{days} days") };
    let found = format!("valid until {} ({left})", life.until);
    if now >= life.due {
        Finding::warn(CHECK, subject, found).so(remedy)
    } else {
        Finding::ok(CHECK, subject, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certs::Life;

    #[test]
    fn fault_58_a_certificate_near_its_end_is_warned_of() {
        let at = |day: &str| Timestamp::parse(&format!("2026-11-{day}T00:00:00Z")).unwrap();
        let life = Life { due: at("20"), until: at("30") };
        let line = |now| judge("trader main", life, at(now), "renew it").line();
        assert_eq!(
            line("19"),
            "ok    certificate of trader main: valid until 2026-11-30T00:00:00Z (11 days)"
        );
        assert_eq!(
            line("20"),
            "warn  certificate of trader main: valid until 2026-11-30T00:00:00Z (10 days); renew it"
        );
    }
}
