//! Indicators against their definitions, computed the long way round.

mod bars;
mod definitions;
mod expressions;
mod rules;
