//! J4: where journals are.

use std::{ffi::OsString, io};

use super::*;

#[test]
fn j4_the_default_is_in_the_state_directory_under_the_port() {
    for (variables, expected) in [
        (
            &[("STATE_DIRECTORY", "/var/lib/minutehand"), ("XDG_STATE_HOME", "/x"), ("HOME", "/h")]
                [..],
            "/var/lib/minutehand/trader-1010.sqlite",
        ),
        (&[("STATE_DIRECTORY", "/a:/b")], "/a/trader-1010.sqlite"),
        (&[("XDG_STATE_HOME", "/x"), ("HOME", "/h")], "/x/minutehand/trader-1010.sqlite"),
        (&[("HOME", "/h")], "/h/.local/state/minutehand/trader-1010.sqlite"),
        (
            &[("STATE_DIRECTORY", ""), ("XDG_STATE_HOME", "relative"), ("HOME", "/h")],
            "/h/.local/state/minutehand/trader-1010.sqlite",
        ),
    ] {
        let env = |asked: &str| {
            let found = variables.iter().find(|(name, _)| *name == asked);
            found.map(|(_, value)| OsString::from(value))
        };
        assert_eq!(default_path(1010, env), Ok(PathBuf::from(expected)), "{variables:?}");
    }
    let nowhere = default_path(1010, |_| None).unwrap_err().to_string();
    assert!(nowhere.contains("--journal FILE") && nowhere.contains("--ephemeral"), "{nowhere}");
}

#[test]
fn j4_the_default_directory_is_made_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = Place::new();
    let file = place.directory.path().join("state/minutehand/trader-0.sqlite");
    make_directory(&file).unwrap();
    make_directory(&file).unwrap();
    let mode = fs::metadata(file.parent().unwrap()).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    assert!(Journal::open(&file, interval(), BEGUN, name("j1")).unwrap().0.is_new());
}

#[test]
fn j4_a_directory_that_is_not_there_is_named_and_not_made() {
    let place = Place::new();
    let file = place.directory.path().join("typo/trader.sqlite");
    let refused = Journal::open(&file, interval(), BEGUN, name("j1")).unwrap_err().to_string();
    assert!(refused.contains("typo/trader.sqlite: cannot find its directory"), "{refused}");
    assert!(refused.contains("which must exist"), "{refused}");
    assert!(place.contents().is_empty());
}

#[test]
fn j2_a_journal_knows_how_long_its_minutes_are() {
    let (place, two_seconds) = (Place::new(), "2s".parse().unwrap());
    let (journal, _) = Journal::open(&place.file(), two_seconds, BEGUN, name("j1")).unwrap();
    assert_eq!(journal.reader.interval(), two_seconds);
}

#[test]
fn j4_what_is_in_the_way_of_a_new_journal_is_named() {
    let place = Place::new();
    fs::create_dir(path::beside(&place.file(), ".new")).unwrap();
    let refused = place.try_open().unwrap_err().to_string();
    assert!(refused.contains("cannot remove the .new file that a crash left"), "{refused}");
}

#[test]
fn j4_a_name_below_a_file_is_no_place() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let refused = path::resolve(&file.path().join("trader.sqlite")).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::NotADirectory);
}
