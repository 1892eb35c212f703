//! The three files of mutual TLS, as flags.

use std::path::PathBuf;

use crate::{
    clock::Clock,
    exit::{Exit, Failure},
    name::Name,
    tls::{self, Files, Identity, Role},
};

/// Mutual TLS: all three, or none.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Mutual TLS (all three, or none)")]
pub struct Tls {
    /// Certificates of the authority that both sides trust.
    #[arg(id = "tls_ca", long = "tls-ca", value_name = "FILE", requires_all = ["tls_cert", "tls_key"])]
    pub ca: Option<PathBuf>,

    /// This process's certificate, which says its role and name.
    #[arg(id = "tls_cert", long = "tls-cert", value_name = "FILE", requires_all = ["tls_ca", "tls_key"])]
    pub certificate: Option<PathBuf>,

    /// Its private key, readable by its owner only.
    #[arg(id = "tls_key", long = "tls-key", value_name = "FILE", requires_all = ["tls_ca", "tls_cert"])]
    pub key: Option<PathBuf>,
}

impl Tls {
    /// Where the files are, if there are any.
    pub fn files(&self) -> Option<Files> {
        let Self { ca, certificate, key } = self.clone();
        Some(Files { ca: ca?, certificate: certificate?, key: key? })
    }

    /// What is in them, if there are any.
    pub fn open(&self, clock: Clock) -> Result<Option<tls::Tls>, Failure> {
        let opened = self.files().map(|files| tls::Tls::open(files, clock));
        opened.transpose().map_err(|error| Exit::Failed.because(error.to_string()))
    }

    /// The same, for a part, whose certificate must be of its role, and of its name if that
    /// matters: the others would refuse it.
    pub fn open_as(
        &self,
        role: Role,
        name: Option<&Name>,
        clock: Clock,
    ) -> Result<Option<tls::Tls>, Failure> {
        let opened = self.open(clock)?;
        let fits = |identity: &Identity| {
            identity.role == role && name.is_none_or(|name| identity.name == *name)
        };
        match opened.as_ref().map(tls::Tls::identity).filter(|identity| !fits(identity)) {
            None => Ok(opened),
            Some(identity) => {
                let name = name.map_or("NAME", Name::as_str);
                Err(Exit::Failed.because(format!(
                    "--tls-cert is for {identity}, and this is a {role}: it needs one with the URI spiffe://minutehand/{role}/{name}"
                )))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{grid::Timestamp, tls::testing::Authority};
    use clap::Parser as _;

    #[derive(Debug, clap::Parser)]
    struct Args {
        #[command(flatten)]
        tls: Tls,
    }

    #[test]
    fn c1_all_three_files_or_none() {
        let parse = |line: &str| Args::try_parse_from(line.split_whitespace());
        assert_eq!(parse("x").unwrap().tls.files(), None);
        let all = parse("x --tls-ca a --tls-cert b --tls-key c").unwrap().tls.files();
        let expected = Files { ca: "a".into(), certificate: "b".into(), key: "c".into() };
        assert_eq!(all, Some(expected));
        for some in ["--tls-ca a", "--tls-cert b --tls-key c", "--tls-ca a --tls-key c"] {
            assert_eq!(parse(&format!("x {some}")).unwrap_err().exit_code(), 2, "{some}");
        }
    }

    #[tokio::test]
    async fn fault_55_a_part_has_a_certificate_of_its_own_role_and_name() {
        let authority = Authority::default();
        let Files { ca, certificate, key } = authority.issue(Role::Strategy, "X");
        let flags = Tls { ca: Some(ca), certificate: Some(certificate), key: Some(key) };
        let clock = Clock::starting_at(Timestamp::parse("2026-11-20T12:00:00Z").unwrap());
        let (mine, other) = ("X".parse().unwrap(), "Y".parse().unwrap());
        let open = |role, name| flags.open_as(role, name, clock).map(|opened| opened.is_some());
        assert!(open(Role::Strategy, None).unwrap() && open(Role::Strategy, Some(&mine)).unwrap());
        assert_eq!(
            open(Role::Strategy, Some(&other)).unwrap_err().to_string(),
            "--tls-cert is for strategy X, and this is a strategy: it needs one with the URI \
             spiffe://minutehand/strategy/Y"
        );
        assert!(open(Role::Trader, None).is_err());
        assert_eq!(
            Tls::default().open_as(Role::Trader, None, clock).map(|tls| tls.is_some()).ok(),
            Some(false)
        );
    }
}
