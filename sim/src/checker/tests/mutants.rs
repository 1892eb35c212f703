//! The deliberate bugs of `sim/mutants.toml` can be planted: each has its place in the sources.

use std::{fs, path::Path};

#[test]
fn every_mutant_has_its_place() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let table: toml::Table = include_str!("../../../mutants.toml").parse().unwrap();
    let mutants = table["mutant"].as_array().unwrap();
    assert!(mutants.len() >= 12);
    for mutant in mutants {
        for edit in mutant["edits"].as_array().unwrap() {
            let text = |key: &str| edit[key].as_str().unwrap().to_owned();
            let source = fs::read_to_string(root.join(text("file"))).unwrap();
            let places = source.matches(&text("find")).count();
            assert_eq!(places, 1, "{:?}: `{}` in {}", mutant["name"], text("find"), text("file"));
            assert!(text("replace").contains("ON"), "{:?} has a switch", mutant["name"]);
        }
    }
}
