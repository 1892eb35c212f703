//! Who may call what: a table for each service, and nobody calls what is not in it.

use std::{net::SocketAddr, sync::Arc};

use http::Request;
use tonic::{Code, Status};
use tracing::warn;

use crate::{
    listener::Peer,
    name::{Name, untrusted},
    seldom::Floods,
    status::refusal,
    tls::{Identity, Role},
};

/// The methods of a service, and who may call each.
pub type Access = &'static [(&'static str, May)];

/// Who may call a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// Whoever has a certificate.
    Anyone,
    /// These roles.
    Only(&'static [Role]),
}

/// Who calls. On a server without TLS nobody is known, and everybody may do everything: it is
/// reached from its own machine only, or from a network that was said to be trusted.
#[derive(Clone, Debug, Default)]
pub struct Caller(Option<Known>);

#[derive(Clone, Debug)]
struct Known {
    identity: Identity,
    address: SocketAddr,
    path: Box<str>,
    refusals: Arc<Floods>,
}

impl Caller {
    /// Who sent a request.
    pub fn of<T>(request: &tonic::Request<T>) -> Self {
        request.extensions().get().cloned().unwrap_or_default()
    }

    /// Whose certificate it is; none on a server without TLS.
    pub fn identity(&self) -> Option<&Identity> {
        self.0.as_ref().map(|known| &known.identity)
    }

    /// Refuses a strategy that speaks for another.
    pub fn speaks_for(&self, name: &Name) -> Result<(), Status> {
        match &self.0 {
            Some(known)
                if known.identity.role == Role::Strategy && known.identity.name != *name =>
            {
                let why = format!("a strategy speaks for itself, not for {name}");
                Err(known.refuse("not-yours", &why))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Refuses whoever is known to be no operator; `what` is for operators.
    pub fn operates(&self, what: &str) -> Result<(), Status> {
        match &self.0 {
            Some(known) if known.identity.role != Role::Operator => {
                Err(known.refuse("not-allowed", &format!("{what} needs the role operator")))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The one that sent a request over a server with TLS, if its role may call this.
    pub(super) fn admit<B>(
        request: &Request<B>,
        access: Access,
        refusals: &Arc<Floods>,
    ) -> Result<Self, Status> {
        let peer = request.extensions().get::<Peer>();
        let known = peer.and_then(|peer| {
            Some(Known {
                identity: peer.identity()?.clone(),
                address: peer.address(),
                path: request.uri().path().into(),
                refusals: Arc::clone(refusals),
            })
        });
        // Nobody gets here without a certificate; if somebody does, that is where it ends.
        let known = known.ok_or_else(|| {
            refusal(Code::Unauthenticated, "no-identity", "no certificate was shown", [])
        })?;
        known.may_call(access)?;
        Ok(Self(Some(known)))
    }
}

impl Known {
    fn may_call(&self, access: Access) -> Result<(), Status> {
        let method = self.path.rsplit('/').next().unwrap_or_default();
        let allowed = access.iter().find(|(listed, _)| *listed == method);
        match allowed.map(|(_, may)| may) {
            Some(May::Anyone) => Ok(()),
            Some(May::Only(roles)) if roles.contains(&self.identity.role) => Ok(()),
            Some(May::Only(roles)) => {
                let roles = roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(" or ");
                Err(self.refuse("not-allowed", &format!("it needs the role {roles}")))
            }
            None => Err(self.refuse("not-allowed", "nobody may call it")),
        }
    }

    /// Says so once, and to the caller each time.
    fn refuse(&self, reason: &str, why: &str) -> Status {
        let Self { identity, address, path, refusals } = self;
        let path = untrusted(path);
        if let Some(times) = refusals.happened(format!("{identity} {path} {reason}")) {
            warn!(times, peer = %address, "{identity} is refused {path}: {why}");
        }
        let message = format!("not allowed: {identity} is refused {path}: {why}");
        refusal(Code::PermissionDenied, reason, message, [])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::reason;

    const TABLE: Access = &[("Look", May::Anyone), ("Speak", May::Only(&[Role::Strategy]))];

    #[test]
    fn fault_57_without_an_identity_nothing_is_allowed() {
        let request = Request::builder().uri("/test.Service/Look").body(()).unwrap();
        let refused = Caller::admit(&request, TABLE, &Arc::default()).unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
        assert_eq!(reason(&refused).as_deref(), Some("no-identity"));
    }

    #[tokio::test]
    async fn fault_57_what_is_not_in_the_table_nobody_may_call() {
        for (role, method, allowed) in [
            (Role::Operator, "Look", true),
            (Role::Strategy, "Speak", true),
            (Role::Operator, "Speak", false),
            (Role::Strategy, "speak", false),
            (Role::Strategy, "Look/Speak/", false),
            (Role::Operator, "", false),
            (Role::Operator, "Anything", false),
        ] {
            let known = Known {
                identity: Identity { role, name: "X".parse().unwrap() },
                address: "192.0.2.7:1".parse().unwrap(),
                path: format!("/test.Service/{method}").into(),
                refusals: Arc::default(),
            };
            let refused = known.may_call(TABLE).err();
            assert_eq!(refused.is_none(), allowed, "{role} {method}: {refused:?}");
            let code = refused.map_or(Code::Ok, |status| status.code());
            assert!(allowed || code == Code::PermissionDenied, "{code:?}");
        }
    }
}
