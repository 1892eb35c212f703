//! A Rust file taken apart: code without its comments and literals, comments without the code.
//!
//! Each layer has a line for every line of the file, so that what is found in it has a place.

/// The layers of a file.
#[derive(Debug, Default)]
pub(super) struct Layers {
    /// Comments and the insides of literals are blanks.
    pub code: String,
    /// Everything but comments is blanks.
    pub comments: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

/// Takes a file apart.
pub(super) fn layers(text: &str) -> Layers {
    let mut layers = Layers::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (kind, length) = first_piece(rest);
        let (piece, after) = rest.split_at(length);
        push(&mut layers.code, piece, kind == Kind::Code);
        push(&mut layers.comments, piece, kind == Kind::Comment);
        rest = after;
    }
    layers
}

fn push(layer: &mut String, piece: &str, keep: bool) {
    if keep {
        layer.push_str(piece);
    } else {
        layer.push_str(&blank(piece));
    }
}

fn blank(piece: &str) -> String {
    piece.chars().map(|char| if char == '\n' { '\n' } else { ' ' }).collect()
}

fn first_piece(rest: &str) -> (Kind, usize) {
    let first = rest.chars().next().expect("there is a rest");
    if rest.starts_with("//") {
        return (Kind::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Kind::Comment, block_comment(rest));
    }
    if let Some(length) = raw_string(rest) {
        return (Kind::Literal, length);
    }
    match first {
        '"' => (Kind::Literal, quoted(rest, '"')),
        '\'' if is_character(rest) => (Kind::Literal, quoted(rest, '\'')),
        _ if is_word(first) => (Kind::Code, rest.find(|c| !is_word(c)).unwrap_or(rest.len())),
        _ => (Kind::Code, first.len_utf8()),
    }
}

/// Length of a block comment, which may have others in it.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(found) = rest[at..].find(['/', '*']) {
        at += found;
        let step = match rest.get(at..at + 2) {
            Some("/*") => {
                depth += 1;
                2
            }
            Some("*/") => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        at += step;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Length of a raw string, if `rest` begins with one.
fn raw_string(rest: &str) -> Option<usize> {
    let opened = ["r", "br", "cr"].iter().find_map(|prefix| rest.strip_prefix(prefix))?;
    let hashes = opened.len() - opened.trim_start_matches('#').len();
    let inside = opened[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = inside.find(&end).map_or(inside.len(), |found| found + end.len());
    Some(rest.len() - inside.len() + length)
}

/// Length of what `quote` encloses, in which a backslash takes the meaning from what follows it.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if char == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Whether a quotation mark begins a character, not a lifetime.
fn is_character(rest: &str) -> bool {
    let mut following = rest.chars().skip(1);
    following.next() == Some('\\') || following.next() == Some('\'')
}

/// Whether a name may contain it.
pub(super) fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// Where `word` stands in `text` by itself, not as part of a longer one.
pub(super) fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> {
    text.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

/// The line, counted from one, of a place in a text.
pub(super) fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The code without the items that only tests have.
pub(super) fn without_tests(code: &str) -> String {
    let mut kept = String::new();
    let mut rest = code;
    while let Some(start) = rest.find("#[cfg(test)]") {
        let end = start + item_length(&rest[start..]);
        kept.push_str(&rest[..start]);
        kept.push_str(&blank(&rest[start..end]));
        rest = &rest[end..];
    }
    kept + rest
}

/// Length of the item at the start, up to its semicolon or closing brace.
fn item_length(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, char) in code.char_indices() {
        match char {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(char, '}' | ';') {
            return at + 1;
        }
    }
    code.len()
}

#[test]
fn comments_and_literals_are_no_code() {
    let text = "let a = \"// \\\" no\"; // why \"so\"\nlet b = r#\"\"x\"#; /* a /* b */ c */ 'x'";
    let Layers { code, comments } = layers(text);
    let shown = |layer: &str| layer.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(shown(&code), "let a = ; let b = ;");
    assert_eq!(shown(&comments), "// why \"so\" /* a /* b */ c */");
    assert_eq!(code.matches('\n').count(), 1);
}

#[test]
fn lifetimes_are_code() {
    assert_eq!(layers("&'a str, '\\'', 'b', r#type").code, "&'a str,     ,    , r#type");
}

#[test]
fn items_of_tests_are_left_out() {
    let code = "a;\n#[cfg(test)]\nmod tests {\n{}\n}\nb;\n#[cfg(test)]\nmod c;\nd";
    assert_eq!(without_tests(code).split_whitespace().collect::<Vec<_>>(), ["a;", "b;", "d"]);
}

#[test]
fn words_stand_by_themselves() {
    assert_eq!(words("ab abc b-ab", "ab").collect::<Vec<_>>(), [0, 9]);
}
