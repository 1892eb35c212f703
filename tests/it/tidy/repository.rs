//! The files of the repository: texts, and Rust files taken apart.

use std::{fs, path::Path};

use super::{
    Breach,
    source::{Layers, layers, line_at, without_tests},
};

/// What a build or a tool leaves behind.
const NOT_OURS: [&str; 5] = ["target", "node_modules", "artifacts", "corpus", "mutants.out"];

/// Folders whose name begins with a dot, and which are committed all the same.
const HIDDEN: [&str; 3] = [".cargo", ".ci", ".github"];

/// Written by a program, and judged by `proto/tests/fresh.rs`.
const GENERATED: &str = "proto/src/generated/";

/// A file that can be read as text.
#[derive(Debug)]
pub(super) struct Text {
    /// From the root of the repository, with `/`.
    pub path: String,
    pub text: String,
}

/// A Rust file that somebody wrote.
#[derive(Debug)]
pub(super) struct Rust {
    pub path: String,
    pub text: String,
    /// Only what is no comment and no literal.
    pub code: String,
    /// The same without what only tests have: empty in a file of tests.
    pub shipped: String,
    pub comments: String,
}

/// All files.
#[derive(Debug)]
pub(super) struct Repository {
    pub texts: Vec<Text>,
    pub rust: Vec<Rust>,
}

impl Repository {
    /// Reads what is below `root`, in the order of paths.
    pub(super) fn read(root: &Path) -> Self {
        let mut texts = Vec::new();
        walk(root, "", &mut texts);
        texts.sort_by(|a, b| a.path.cmp(&b.path));
        Self::new(texts)
    }

    /// A repository of these paths and texts, for a rule to be tried on.
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let text =
            |&(path, text): &(&str, &str)| Text { path: path.to_owned(), text: text.to_owned() };
        Self::new(files.iter().map(text).collect())
    }

    fn new(texts: Vec<Text>) -> Self {
        let is_rust =
            |text: &&Text| has_extension(&text.path, "rs") && !text.path.starts_with(GENERATED);
        let mut rust: Vec<Rust> = texts.iter().filter(is_rust).map(Rust::of).collect();
        let test_modules: Vec<String> = rust.iter().flat_map(test_modules).collect();
        for file in &mut rust {
            if is_test(&file.path, &test_modules) {
                file.shipped.clear();
            }
        }
        Self { texts, rust }
    }

    /// The text of one file, if it is there.
    pub(super) fn text(&self, path: &str) -> Option<&Text> {
        self.texts.iter().find(|text| text.path == path)
    }
}

impl Text {
    pub(super) fn breach(&self, line: usize, what: impl Into<String>) -> Breach {
        Breach { path: self.path.clone(), line, what: what.into() }
    }
}

impl Rust {
    fn of(text: &Text) -> Self {
        let Layers { code, comments } = layers(&text.text);
        let shipped = without_tests(&code);
        Self { path: text.path.clone(), text: text.text.clone(), code, shipped, comments }
    }

    pub(super) fn breach(&self, line: usize, what: impl Into<String>) -> Breach {
        Breach { path: self.path.clone(), line, what: what.into() }
    }

    /// A breach at a place in one of the layers.
    pub(super) fn breach_at(&self, layer: &str, at: usize, what: impl Into<String>) -> Breach {
        self.breach(line_at(layer, at), what)
    }
}

/// Whether the path ends with `.extension`.
pub(super) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

fn walk(folder: &Path, prefix: &str, texts: &mut Vec<Text>) {
    for entry in fs::read_dir(folder).expect("a folder of the repository can be read") {
        let entry = entry.expect("a folder of the repository can be read");
        let name = entry.file_name().into_string().expect("names are UTF-8");
        let hidden = name.starts_with('.') && !HIDDEN.contains(&&*name);
        if hidden || NOT_OURS.contains(&&*name) {
            continue;
        }
        let path = format!("{prefix}{name}");
        let kind = entry.file_type().expect("a file has a type");
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), texts);
        } else if kind.is_file()
            && let Ok(text) = fs::read_to_string(entry.path())
        {
            texts.push(Text { path, text });
        }
    }
}

/// The modules, as paths without `.rs`, that a file declares for tests only.
fn test_modules(file: &Rust) -> Vec<String> {
    let folder = module_folder(&file.path);
    let declared = file.code.split("#[cfg(test)]").skip(1).filter_map(|after| {
        let name = after.trim_start().strip_prefix("mod ")?.split_once(';')?.0;
        (!name.contains('{')).then(|| format!("{folder}/{}", name.trim()))
    });
    declared.collect()
}

/// Where the modules that a file declares are.
fn module_folder(path: &str) -> &str {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    if ["lib", "main", "mod"].contains(&name) { folder } else { stem }
}

fn is_test(path: &str, test_modules: &[String]) -> bool {
    let within = |module: &String| {
        let rest = path.strip_prefix(module.as_str());
        rest.is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
    };
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders);
    folders.split('/').any(|folder| folder == "tests" || folder == "benches")
        || test_modules.iter().any(within)
}

#[test]
fn files_of_tests_ship_nothing() {
    let files = [
        ("a/src/lib.rs", "#[cfg(test)]\nmod samples;\nmod b;"),
        ("a/src/samples.rs", "x"),
        ("a/src/samples/c.rs", "x"),
        ("a/src/b.rs", "#[cfg(test)]\nmod tests;\ny"),
        ("a/src/b/tests.rs", "x"),
        ("tests/it/main.rs", "x"),
        ("proto/src/generated/v1.rs", "x"),
    ];
    let shipped: Vec<String> =
        Repository::of(&files).rust.iter().map(|file| file.shipped.trim().to_owned()).collect();
    assert_eq!(shipped, ["mod b;", "", "", "y", "", ""]);
}
