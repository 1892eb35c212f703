//! Who may call what, and in whose name.

use chassis::{
    name::Name,
    server::{Access, Caller, May},
    tls::Role,
};
use tonic::Status;

/// Strategies speak, operators command, and whoever has a certificate may look on.
pub(crate) const ACCESS: Access = &[
    ("Register", May::Only(&[Role::Strategy])),
    ("Submit", May::Only(&[Role::Strategy])),
    ("Deregister", May::Only(&[Role::Strategy, Role::Operator])),
    ("Halt", May::Only(&[Role::Operator])),
    ("Resume", May::Only(&[Role::Operator])),
    ("GetMedian", May::Anyone),
    ("GetStatus", May::Anyone),
    ("Watch", May::Anyone),
    ("Explain", May::Anyone),
];

/// A strategy takes itself off the list, and says as which instance; an operator takes off anybody.
pub(super) fn deregister(caller: &Caller, name: &Name, as_itself: bool) -> Result<(), Status> {
    caller.speaks_for(name)?;
    if as_itself { Ok(()) } else { caller.operates("a deregistration without an instance") }
}
