//! Mutual TLS: certificates from files, the identity in them, and connections under their protection.
//!
//! Both ends show a certificate of one authority. What counts is the role and the name in it, not
//! the host that it runs on: a part may move to another machine and keep its certificate, and no
//! certificate of another role will do, wherever it is shown. Only TLS 1.3 is spoken, and sessions
//! are not resumed, since a resumed one would not show its certificate again.

mod identity;
mod words;
mod files;
mod judge;
mod keeper;
mod secured;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use files::{Files, FilesError};
pub use identity::{Identity, IdentityError, Role};
pub use keeper::Tls;
pub(crate) use secured::Accepting;
pub use secured::Secured;
