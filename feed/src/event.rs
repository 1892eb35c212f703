//! What happens to a feed, in the order in which it does. All that comes of it follows from these.

use chassis::grid::Minute;

use crate::message::Message;

/// Something that happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A process begins to listen.
    Begun,
    /// The exchange is connected, and was asked for the data.
    Connected,
    /// It says something.
    Said(Message),
    /// The connection has come to an end, or was not made.
    Lost(Box<str>),
    /// The signal of a minute is asked for, and given as it stands.
    Asked(Minute),
}
