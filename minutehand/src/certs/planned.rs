//! The certificates that a plan names: as whom its traders are asked, and which of them are missing.

use std::{fs, path::Path};

use chassis::{
    exit::{Exit, Failure},
    name::Name,
    tls::{Identity, Role},
};

use super::files::{Pair, files};

/// Whoever runs this, as an operator's name.
pub fn operator() -> Name {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME"));
    user.ok()
        .and_then(|user| user.parse().ok())
        .unwrap_or_else(|| "operator".parse().expect("it has the form of a name"))
}

/// The user, if there is a certificate for that name; else the first operator that there is.
pub fn operator_in(directory: &Path) -> Identity {
    let user = Identity { role: Role::Operator, name: operator() };
    if Pair::of(directory, &user).certificate.exists() {
        return user;
    }
    let files = fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok);
    let names = files.filter_map(|file| {
        let name = file.file_name().into_string().ok()?;
        name.strip_prefix("operator-")?.strip_suffix(".pem")?.parse().ok()
    });
    names.min().map_or(user, |name| Identity { role: Role::Operator, name })
}

/// Fails unless `directory` has what each of them needs; `plan` is the plan's file.
pub fn are_there(
    directory: &Path,
    identities: impl Iterator<Item = Identity>,
    plan: Option<&Path>,
) -> Result<(), Failure> {
    for identity in identities {
        let needed = files(directory, &identity);
        let needed = [needed.ca, needed.certificate, needed.key];
        for file in needed {
            match file.try_exists() {
                Ok(true) => {}
                Ok(false) => return Err(not_there(&file, plan)),
                Err(error) => {
                    let why = format!("cannot look for {}: {error}", file.display());
                    return Err(Exit::Failed.because(why));
                }
            }
        }
    }
    Ok(())
}

fn not_there(missing: &Path, plan: Option<&Path>) -> Failure {
    let plan = plan.map(|file| file.display().to_string()).unwrap_or_default();
    Exit::Failed.because(format!(
        "{} is not there: `minutehand certs {plan}` makes what is missing",
        missing.display()
    ))
}
