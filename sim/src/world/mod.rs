//! The simulated world: hosts, their processes, the network between them, and what breaks.

pub mod stage;
mod network;
mod plan;
mod parts;
mod seat;
mod calls;
mod reader;
mod operator;
mod rogue;
mod machine;
mod fault;
mod holds;
mod course;

pub use course::World;
pub use plan::Plan;
