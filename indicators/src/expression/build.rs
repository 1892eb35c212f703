//! From tree to what computes it.

use chassis::grid::Interval;

use super::{
    argument::Arguments,
    error::BuildError,
    function::FUNCTIONS,
    node::{FIELDS, Node},
    tree::Tree,
};

/// Builds `tree` for bars of `interval`.
pub(super) fn build(tree: &Tree, interval: Interval) -> Result<Node, BuildError> {
    match tree {
        Tree::Number(number) => {
            let number = *number;
            Ok(Node::new(1, move |_| Some(number)))
        }
        Tree::Every(every) => Err(BuildError::Every(*every)),
        Tree::Name(name) => field(name),
        Tree::Negative(inner) => Ok(build(inner, interval)?.then(1, |number| Some(-number))),
        Tree::Pair(left, sign, right) => {
            let (left, right) = (build(left, interval)?, build(right, interval)?);
            Ok(pair(left, *sign, right))
        }
        Tree::Call(name, arguments) => call(name, arguments, interval),
    }
}

fn field(name: &str) -> Result<Node, BuildError> {
    if let Some(field) = FIELDS.iter().find(|field| field.name == name) {
        return Ok(field.node());
    }
    let named = FUNCTIONS.iter().find(|function| function.name == name);
    Err(if let Some(function) = named {
        BuildError::NoArguments { name: name.into(), parameters: function.parameters }
    } else {
        let known = list(FIELDS.iter().map(|field| field.name));
        BuildError::NoField { name: name.into(), known }
    })
}

fn pair(left: Node, sign: char, right: Node) -> Node {
    match sign {
        '+' => left.with(right, |a, b| a + b),
        '-' => left.with(right, |a, b| a - b),
        '*' => left.with(right, |a, b| a * b),
        '/' => left.with(right, |a, b| a / b),
        other => unreachable!("`{other}` is no sign between two numbers"),
    }
}

fn call(name: &str, arguments: &[Tree], interval: Interval) -> Result<Node, BuildError> {
    let function = FUNCTIONS.iter().find(|function| function.name == name);
    let known = || list(FUNCTIONS.iter().map(|function| function.name));
    let function =
        function.ok_or_else(|| BuildError::NoFunction { name: name.into(), known: known() })?;
    let (name, parameters) = (function.name, function.parameters);
    if arguments.len() != function.takes() {
        return Err(BuildError::Count { name, parameters, given: arguments.len() });
    }
    function.build(&mut Arguments::new(name, parameters, arguments, interval, build))
}

fn list(names: impl Iterator<Item = &'static str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
