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

/// Who calls. On a server without TLS nobody is known: whoever is on its machine may do everything,
/// and on a network that was said to be trusted everything that is not for operators alone.
#[derive(Clone, Debug, Default)]
pub struct Caller(Option<Restricted>);

/// A caller that may not do everything.
#[derive(Clone, Debug)]
struct Restricted {
    /// None: somebody on another machine, without TLS.
    identity: Option<Identity>,
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
        self.0.as_ref()?.identity.as_ref()
    }

    /// Refuses a strategy that speaks for another.
    pub fn speaks_for(&self, name: &Name) -> Result<(), Status> {
        match &self.0 {
            Some(caller) if caller.is_strategy_other_than(name) => {
                let why = format!("a strategy speaks for itself, not for {name}");
                Err(caller.refuse("not-yours", &why))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Refuses whoever is no operator; `what` is for operators.
    pub fn operates(&self, what: &str) -> Result<(), Status> {
        match &self.0 {
            Some(caller) if !caller.is_operator() => {
                Err(caller.refuse("not-allowed", &format!("{what} {}", caller.why_not_operator())))
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
        let caller = Restricted::of(request, refusals);
        // Nobody gets here without a certificate; if somebody does, that is where it ends.
        let known = caller.filter(|caller| caller.identity.is_some()).ok_or_else(|| {
            refusal(Code::Unauthenticated, "no-identity", "no certificate was shown", [])
        })?;
        known.may_call(access)?;
        Ok(Self(Some(known)))
    }

    /// The one that sent a request over a server without TLS, if this is for callers from where it is.
    pub(super) fn admit_unknown<B>(
        request: &Request<B>,
        access: Access,
        refusals: &Arc<Floods>,
    ) -> Result<Self, Status> {
        let peer = request.extensions().get::<Peer>();
        let is_remote = peer.is_some_and(|peer| !peer.is_local());
        let remote = Restricted::of(request, refusals).filter(|_| is_remote);
        remote.as_ref().map_or(Ok(()), |remote| remote.may_call(access))?;
        Ok(Self(remote))
    }
}

impl Restricted {
    fn of<B>(request: &Request<B>, refusals: &Arc<Floods>) -> Option<Self> {
        let peer = request.extensions().get::<Peer>()?;
        Some(Self {
            identity: peer.identity().cloned(),
            address: peer.address(),
            path: request.uri().path().into(),
            refusals: Arc::clone(refusals),
        })
    }

    fn is_operator(&self) -> bool {
        self.identity.as_ref().is_some_and(|identity| identity.role == Role::Operator)
    }

    /// What it would take.
    fn why_not_operator(&self) -> &'static str {
        match self.identity {
            Some(_) => "needs the role operator",
            None => "needs a caller on the server's own machine, or TLS and the role operator",
        }
    }

    fn is_strategy_other_than(&self, name: &Name) -> bool {
        let identity = self.identity.as_ref();
        identity.is_some_and(|known| known.role == Role::Strategy && known.name != *name)
    }

    /// Without an identity it may be of any role, but an operator's.
    fn has_one_of(&self, roles: &[Role]) -> bool {
        match &self.identity {
            Some(identity) => roles.contains(&identity.role),
            None => roles.iter().any(|role| *role != Role::Operator),
        }
    }

    fn may_call(&self, access: Access) -> Result<(), Status> {
        let method = self.path.rsplit('/').next().unwrap_or_default();
        let allowed = access.iter().find(|(listed, _)| *listed == method);
        match allowed.map(|(_, may)| may) {
            Some(May::Anyone) => Ok(()),
            Some(May::Only(roles)) if self.has_one_of(roles) => Ok(()),
            Some(May::Only(roles)) if *roles == [Role::Operator] => {
                Err(self.refuse("not-allowed", &format!("it {}", self.why_not_operator())))
            }
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
        let who = identity.as_ref().map_or_else(
            || format!("{}, another machine without TLS,", address.ip()),
            ToString::to_string,
        );
        if let Some(times) = refusals.happened(format!("{who} {path} {reason}")) {
            warn!(times, peer = %address, "{who} is refused {path}: {why}");
        }
        let message = format!("not allowed: {who} is refused {path}: {why}");
        refusal(Code::PermissionDenied, reason, message, [])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{limits::Limits, listener::Connections, status::reason};

    const TABLE: Access = &[("Look", May::Anyone), ("Speak", May::Only(&[Role::Strategy]))];

    #[test]
    fn fault_57_without_an_identity_nothing_is_allowed() {
        let request = Request::builder().uri("/test.Service/Look").body(()).unwrap();
        let refused = Caller::admit(&request, TABLE, &Arc::default()).unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
        assert_eq!(reason(&refused).as_deref(), Some("no-identity"));
    }

    const OPERATORS: Access = &[
        ("Look", May::Anyone),
        ("Leave", May::Only(&[Role::Strategy, Role::Operator])),
        ("Halt", May::Only(&[Role::Operator])),
    ];

    #[tokio::test]
    async fn fault_57_without_tls_only_this_machine_operates() {
        for (address, method, allowed) in [
            ("127.0.0.1:9", "Halt", true),
            ("[::1]:9", "Halt", true),
            ("[::ffff:127.0.0.1]:9", "Halt", true),
            ("192.0.2.7:9", "Halt", false),
            ("[::ffff:192.0.2.7]:9", "Halt", false),
            ("192.0.2.7:9", "Leave", true),
            ("192.0.2.7:9", "Look", true),
            ("192.0.2.7:9", "Anything", false),
        ] {
            let path = format!("/test.Service/{method}");
            let mut request = Request::builder().uri(path).body(()).unwrap();
            let connections = Connections::default();
            let admitted = connections.admit(address.parse().unwrap(), &Limits::default());
            request.extensions_mut().insert(admitted.unwrap().0);
            let admitted = Caller::admit_unknown(&request, OPERATORS, &Arc::default());
            assert_eq!(admitted.is_ok(), allowed, "{address} {method}: {admitted:?}");
            let caller = admitted.unwrap_or_default();
            assert!(caller.speaks_for(&"X".parse().unwrap()).is_ok());
            let operates = caller.operates("a deregistration of another").is_ok();
            assert!(!allowed || operates != address.contains("192"), "{address}");
        }
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
            let known = Restricted {
                identity: Some(Identity { role, name: "X".parse().unwrap() }),
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
