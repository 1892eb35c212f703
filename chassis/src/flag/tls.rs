//! The three files of mutual TLS, as flags.

use std::path::PathBuf;

use crate::{
    clock::Clock,
    exit::{Exit, Failure},
    tls::{self, Files, Role},
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

    /// The same, for a part, whose certificate must be of its role: the others would refuse it.
    pub fn open_as(&self, role: Role, clock: Clock) -> Result<Option<tls::Tls>, Failure> {
        let opened = self.open(clock)?;
        match opened.as_ref().map(tls::Tls::identity) {
            Some(identity) if identity.role != role => Err(Exit::Failed.because(format!(
                "--tls-cert is for {identity}: a {role} needs one with the URI spiffe://minutehand/{role}/NAME"
            ))),
            Some(_) | None => Ok(opened),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
}
