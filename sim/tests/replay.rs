//! A seed is all that a run depends on.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

/// What a run of ten minutes was seen to be, in a process of its own.
fn hash() -> String {
    let arguments = ["--seeds", "1", "--minutes", "10", "--seed", "3", "--hash"];
    let output = Command::new(env!("CARGO_BIN_EXE_sim")).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(!text.contains("faults: 0\n"), "a world in which nothing breaks shows little: {text}");
    text.lines().find(|line| line.starts_with("seed 3 minutes 10 hash ")).unwrap().to_owned()
}

#[test]
fn fault_68_two_processes_see_the_same_of_one_seed() {
    assert_eq!(hash(), hash());
}
