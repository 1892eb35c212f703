//! Every path of a file (`a::b::c`), those of `use` trees written out.

use super::source::is_word;

/// A path, and where it begins in the code.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CodePath<'a> {
    pub at: usize,
    pub names: Vec<&'a str>,
}

/// The paths of at least two names.
pub(super) fn paths(code: &str) -> Vec<CodePath<'_>> {
    let mut reader = Reader { code, at: 0, found: Vec::new() };
    while reader.at < code.len() {
        if reader.rest().starts_with(is_word) {
            reader.tree(&[]);
        } else {
            reader.skip_character();
        }
    }
    reader.found.retain(|path| path.names.len() > 1);
    reader.found
}

struct Reader<'a> {
    code: &'a str,
    at: usize,
    found: Vec<CodePath<'a>>,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.code[self.at..]
    }

    fn skip_character(&mut self) {
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
    }

    /// Goes past blanks and `text`, if it is what comes next.
    fn takes(&mut self, text: &str) -> bool {
        let Some(after) = self.rest().trim_start().strip_prefix(text) else { return false };
        self.at = self.code.len() - after.len();
        true
    }

    fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest().trim_start();
        let name = &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())];
        self.at = self.code.len() - rest.len() + name.len();
        (!name.is_empty()).then_some(name)
    }

    /// Reads a path, or all those that begin with `before` and continue here.
    fn tree(&mut self, before: &[&'a str]) {
        let mut names = before.to_vec();
        let at = self.code.len() - self.rest().trim_start().len();
        loop {
            if self.takes("{") {
                return self.group(&names);
            }
            if self.takes("*") {
                names.push("*");
                break;
            }
            match self.name() {
                Some("self") if !before.is_empty() => break,
                Some(name) => names.push(name),
                None => break,
            }
            if !self.takes("::") {
                break;
            }
        }
        self.found.push(CodePath { at, names });
    }

    fn group(&mut self, before: &[&'a str]) {
        while !self.takes("}") && self.at < self.code.len() {
            let start = self.at;
            self.tree(before);
            if self.takes("as ") {
                self.name();
            }
            if !self.takes(",") && self.at == start {
                self.skip_character();
            }
        }
    }
}

#[test]
fn trees_are_written_out() {
    let code =
        "use std::{fmt, sync::{Arc, mpsc::{self, Sender as S}}};\nuse super::*;\nx(a::b(), c)";
    let found: Vec<String> = paths(code).iter().map(|path| path.names.join("::")).collect();
    let expected = [
        "std::fmt",
        "std::sync::Arc",
        "std::sync::mpsc",
        "std::sync::mpsc::Sender",
        "super::*",
        "a::b",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_path_has_a_place() {
    let code = "use a::{\n    b,\n    c::d,\n};";
    assert_eq!(paths(code)[1], CodePath { at: 20, names: vec!["a", "c", "d"] });
}
