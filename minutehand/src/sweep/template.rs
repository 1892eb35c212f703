//! A plan with names in braces, where values are put. Pure.

use super::grid::{Grid, is_name};

/// A plan's text, cut at the braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// As it stands.
    Text(String),
    /// The value of a name, by its place in the grid.
    Value(usize),
}

/// The names of plan and grid are not the same.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum TemplateError {
    /// In the plan only.
    #[error("`{{{0}}}` has no values: give it some, like --grid '{0}=5..20'")]
    Unknown(String),
    /// In the grid only.
    #[error("`{0}` of --grid is nowhere in it: write {{{0}}} where its values belong")]
    Unused(String),
}

impl Template {
    /// Of a plan's text, with the names of a grid. Comments stay as they are.
    pub(super) fn new(text: &str, grid: &Grid) -> Result<Self, TemplateError> {
        let mut pieces = Vec::new();
        for line in text.split_inclusive('\n') {
            if line.trim_start().starts_with('#') {
                pieces.push(Piece::Text(line.to_owned()));
            } else {
                cut(line, grid, &mut pieces)?;
            }
        }
        let used = |place: usize| pieces.contains(&Piece::Value(place));
        match grid.names.iter().enumerate().find(|(place, _)| !used(*place)) {
            Some((_, unused)) => Err(TemplateError::Unused(unused.name.clone())),
            None => Ok(Self(pieces)),
        }
    }

    /// The plan's text with these values, in the order of the grid's names.
    pub(super) fn fill(&self, values: &[&str]) -> String {
        let piece = |piece: &'_ Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Value(place) => values[*place].to_owned(),
        };
        self.0.iter().map(piece).collect()
    }
}

fn cut(line: &str, grid: &Grid, pieces: &mut Vec<Piece>) -> Result<(), TemplateError> {
    let mut rest = line;
    while let Some((before, name, after)) = braces(rest) {
        let known = grid.names.iter().position(|known| known.name == name);
        let place = known.ok_or_else(|| TemplateError::Unknown(name.to_owned()))?;
        pieces.extend([Piece::Text(before.to_owned()), Piece::Value(place)]);
        rest = after;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(())
}

/// What is before, in and after the first braces around nothing but a name, which TOML has no other use for.
fn braces(text: &str) -> Option<(&str, &str, &str)> {
    let opened = text.match_indices('{');
    opened.map(|(at, _)| at).find_map(|at| {
        let (inside, after) = text[at + 1..].split_once('}')?;
        is_name(inside.trim()).then(|| (&text[..at], inside.trim(), after))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, grid: &str) -> Result<String, String> {
        let grid: Grid = grid.parse().unwrap();
        let template = Template::new(text, &grid).map_err(|error| error.to_string())?;
        Ok(template.fill(&grid.values(grid.combinations() - 1)))
    }

    #[test]
    fn values_are_put_where_their_names_are() {
        let text =
            "# {none}\nsignal = 'ema(close, {fast}) - ema(close, { slow })'\nx = '{fast}#{fast}'\n";
        assert_eq!(
            filled(text, "slow=20..21 fast=5..6").unwrap(),
            "# {none}\nsignal = 'ema(close, 6) - ema(close, 21)'\nx = '6#6'\n"
        );
        let tables = "generator = [{ name = 'a', signal = '{kind}(close, {n})' }, {}]";
        assert_eq!(
            filled(tables, "kind=sma|ema n=3").unwrap(),
            "generator = [{ name = 'a', signal = 'ema(close, 3)' }, {}]"
        );
    }

    #[test]
    fn names_of_plan_and_grid_are_the_same() {
        assert_eq!(
            filled("x = '{fast} {slow}'", "fast=1"),
            Err("`{slow}` has no values: give it some, like --grid 'slow=5..20'".to_owned())
        );
        assert_eq!(
            filled("x = '{fast}'\n# {slow}", "fast=1 slow=2"),
            Err("`slow` of --grid is nowhere in it: write {slow} where its values belong"
                .to_owned())
        );
    }
}
