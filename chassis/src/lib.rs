//! What every part of Minutehand shares. Each module is usable alone; a module imports only from
//! those declared above it.

pub mod grid;
pub mod name;
pub mod clock;
pub mod chance;
pub mod wire;
pub mod backoff;
mod seldom;
pub mod tls;
pub mod channel;
#[cfg(feature = "outside")]
pub mod outside;
pub mod sent;
pub mod status;
pub mod figures;
pub mod trace;
pub mod retry;
pub mod follow;
pub mod exit;
pub mod service_manager;
pub mod flag;
pub mod limits;
pub mod listener;
pub mod server;
pub mod http;
pub mod shutdown;
pub mod operator;
pub mod telemetry;
