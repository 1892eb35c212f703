//! What a command writes for people goes into its file at one stroke: whoever reads finds the old one or the new
//! one, and all of it.

use std::{
    fs::{self, Permissions},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

use chassis::exit::{Exit, Failure};

/// Whether `file` can be written, before it takes long to make what it gets.
pub(crate) fn check(file: &Path) -> Result<(), Failure> {
    let beside = beside(file);
    if !beside.is_dir() {
        let why = format!("there is no directory {}: make it first", beside.display());
        return Err(failed(file, &why));
    }
    match fs::metadata(file) {
        Ok(metadata) if !metadata.is_file() => {
            Err(failed(file, "it is there, and no file: name a file"))
        }
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(file, &error.to_string())),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Writes all of it.
pub(crate) fn write(file: &Path, text: &str) -> Result<(), Failure> {
    check(file)?;
    let written = || -> io::Result<()> {
        // What the user takes away of it is taken away.
        let permissions = Permissions::from_mode(0o666);
        let mut new =
            tempfile::Builder::new().permissions(permissions).tempfile_in(beside(file))?;
        new.write_all(text.as_bytes())?;
        new.persist(file)?;
        Ok(())
    };
    written().map_err(|error| failed(file, &error.to_string()))
}

/// The directory that a file is in.
pub(crate) fn beside(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn failed(file: &Path, why: &str) -> Failure {
    Exit::Failed.because(format!("cannot write {}: {why}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_takes_the_place_of_an_older_one_and_of_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("page.html");
        for text in ["a longer text", "b"] {
            write(&file, text).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no other file is left");
        let refused = |file: &Path| {
            let message = check(file).unwrap_err().message;
            assert_eq!(write(file, "").unwrap_err().message, message);
            message.replace(directory.path().to_str().unwrap(), "DIR")
        };
        assert_eq!(
            refused(&directory.path().join("none/page.html")),
            "cannot write DIR/none/page.html: there is no directory DIR/none: make it first"
        );
        assert_eq!(
            refused(directory.path()),
            "cannot write DIR: it is there, and no file: name a file"
        );
        assert!(check(Path::new("page.html")).is_ok());
    }
}
