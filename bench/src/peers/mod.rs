//! What Minutehand is measured against.

pub(crate) mod call;
pub(crate) mod echo;
pub(crate) mod sqlite;
pub(crate) mod floor;
pub(crate) mod python;
pub(crate) mod nautilus;
#[cfg(feature = "bus")]
pub(crate) mod broker;
#[cfg(feature = "bus")]
pub(crate) mod nats;
#[cfg(feature = "bus")]
pub(crate) mod redis;
#[cfg(feature = "bus")]
pub(crate) mod bus;
#[cfg(feature = "bus")]
pub(crate) mod roles;
