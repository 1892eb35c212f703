//! What Minutehand is measured against.

pub(crate) mod echo;
pub(crate) mod sqlite;
pub(crate) mod floor;
pub(crate) mod python;
pub(crate) mod broker;
pub(crate) mod nats;
pub(crate) mod redis;
pub(crate) mod bus;
pub(crate) mod roles;
