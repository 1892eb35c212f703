//! From text to tree: sums of products of single things, each read by a function of its own.

use std::str::FromStr;

use super::{
    token::{self, Token},
    tree::Tree,
};

/// Longest expression, in bytes: many times what a person writes.
const BYTES_MAX: usize = 1_000;

/// Deepest nesting, for the sake of the stack.
const DEPTH_MAX: usize = 50;

/// Why a text is no expression. Places are characters, from 1.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum ParseError {
    /// Something else should stand there.
    #[error("at character {at}: expected {expected}, found {found}")]
    Unexpected {
        /// Where.
        at: usize,
        /// What would fit.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// What stands there is no word of an expression.
    #[error("at character {at}: `{}` is neither number nor name nor one of + - * / ( ) ,", .word.escape_debug())]
    NoWord {
        /// Where.
        at: usize,
        /// What stands there.
        word: String,
    },
    /// It is too long.
    #[error("it is longer than {BYTES_MAX} bytes")]
    TooLong,
    /// It is too deep.
    #[error("at character {0}: more than {DEPTH_MAX} things within each other")]
    TooDeep(usize),
}

impl FromStr for Tree {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if text.len() > BYTES_MAX {
            return Err(ParseError::TooLong);
        }
        let mut parser = Parser { text, at: 0, next: 0, token: Token::End, depth: 0 };
        parser.advance()?;
        let tree = parser.sum()?;
        match parser.token {
            Token::End => Ok(tree),
            Token::Number(_) | Token::Every(_) | Token::Name(_) | Token::Sign(_) => {
                Err(parser.unexpected("an operator or the end"))
            }
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    /// Where the present word begins.
    at: usize,
    /// Where it ends.
    next: usize,
    token: Token,
    depth: usize,
}

impl Parser<'_> {
    fn advance(&mut self) -> Result<(), ParseError> {
        let rest = &self.text[self.next..];
        let blanks = rest.len() - rest.trim_start().len();
        self.at = self.next + blanks;
        let (token, length) = token::first(&self.text[self.at..])
            .map_err(|word| ParseError::NoWord { at: self.place(), word })?;
        self.token = token;
        self.next = self.at + length;
        Ok(())
    }

    fn place(&self) -> usize {
        self.text[..self.at].chars().count() + 1
    }

    fn unexpected(&self, expected: &'static str) -> ParseError {
        ParseError::Unexpected { at: self.place(), expected, found: self.token.to_string() }
    }

    /// Goes past one of these signs, if it is what comes next.
    fn takes(&mut self, signs: &str) -> Result<Option<char>, ParseError> {
        match self.token {
            Token::Sign(sign) if signs.contains(sign) => self.advance().map(|()| Some(sign)),
            Token::Sign(_) | Token::Number(_) | Token::Every(_) | Token::Name(_) | Token::End => {
                Ok(None)
            }
        }
    }

    fn sum(&mut self) -> Result<Tree, ParseError> {
        self.pairs("+-", Self::product)
    }

    fn product(&mut self) -> Result<Tree, ParseError> {
        self.pairs("*/", Self::single)
    }

    /// Parts with these signs between them, put together from the left.
    fn pairs(
        &mut self,
        signs: &str,
        part: fn(&mut Self) -> Result<Tree, ParseError>,
    ) -> Result<Tree, ParseError> {
        let mut tree = part(self)?;
        while let Some(sign) = self.takes(signs)? {
            tree = Tree::Pair(Box::new(tree), sign, Box::new(part(self)?));
        }
        Ok(tree)
    }

    fn single(&mut self) -> Result<Tree, ParseError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(ParseError::TooDeep(self.place()));
        }
        let tree = self.single_within();
        self.depth -= 1;
        tree
    }

    fn single_within(&mut self) -> Result<Tree, ParseError> {
        if self.takes("-")?.is_some() {
            return Ok(Tree::Negative(Box::new(self.single()?)));
        }
        if self.takes("(")?.is_some() {
            let tree = self.sum()?;
            self.close("`)` or an operator")?;
            return Ok(tree);
        }
        match std::mem::replace(&mut self.token, Token::End) {
            Token::Number(number) => self.advance().map(|()| Tree::Number(number)),
            Token::Every(every) => self.advance().map(|()| Tree::Every(every)),
            Token::Name(name) => {
                self.advance()?;
                self.name(name)
            }
            other @ (Token::Sign(_) | Token::End) => {
                self.token = other;
                Err(self.unexpected("a number, a name, `-` or `(`"))
            }
        }
    }

    /// A field, or a function with its arguments.
    fn name(&mut self, name: Box<str>) -> Result<Tree, ParseError> {
        if self.takes("(")?.is_none() {
            return Ok(Tree::Name(name));
        }
        let mut arguments = Vec::new();
        if self.takes(")")?.is_none() {
            arguments.push(self.sum()?);
            while self.takes(",")?.is_some() {
                arguments.push(self.sum()?);
            }
            self.close("`,`, `)` or an operator")?;
        }
        Ok(Tree::Call(name, arguments))
    }

    fn close(&mut self, expected: &'static str) -> Result<(), ParseError> {
        self.takes(")")?.map(|_| ()).ok_or_else(|| self.unexpected(expected))
    }
}
