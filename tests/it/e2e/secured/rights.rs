//! Who may do what in a system whose parts show certificates.

use std::{fs, path::Path};

use chassis::{
    channel::{Address, Dialer},
    clock::Clock,
    status::reason,
    tls::{Role, Tls},
};
use minutehand::certs;
use proto::v1::{
    DeregisterRequest, GetStatusRequest, RegisterRequest, SubmitRequest, submit_request,
    trader_service_client::TraderServiceClient,
};
use rustix::process::Pid;
use tonic::{Code, Status};

use super::{Certified, words};
use crate::{
    e2e::system::median_of,
    harness::{Part, run, word},
};

/// A refusal is a clear status for the caller.
#[track_caller]
fn not_allowed<T: std::fmt::Debug>(answer: Result<T, Status>, why: &str) {
    let refused = answer.unwrap_err();
    let reason = reason(&refused);
    assert_eq!(
        (refused.code(), reason.as_deref()),
        (Code::PermissionDenied, Some(why)),
        "{refused}"
    );
    assert!(refused.message().contains("strategy X"), "{refused}");
}

#[tokio::test]
async fn fault_56_a_strategy_speaks_under_its_own_name_alone() {
    let mut system = Certified::start().await;
    let files = certs::files(system.papers.directory(), &certs::identity("strategy/X").unwrap());
    let dialer = Dialer::over_tcp(Some(Tls::open(files, Clock::system()).unwrap()));
    let trader = Address::local(system.trader.port);
    let mut x = TraderServiceClient::new(dialer.channel(&trader, Role::Trader));
    let status = x.get_status(GetStatusRequest::default()).await.unwrap().into_inner();
    let (name, instance, journal) = ("Y".to_owned(), "x-1".to_owned(), status.journal.clone());
    for _ in 0..3 {
        let (name, instance, journal) = (name.clone(), instance.clone(), journal.clone());
        let interval = status.interval;
        let register = RegisterRequest { name, instance, interval, journal, epoch: 0 };
        not_allowed(x.register(register).await, "not-yours");
    }
    let submit = SubmitRequest {
        name: name.clone(),
        instance: instance.clone(),
        journal,
        epoch: 2,
        minute: status.current_minute,
        decided_at: status.current_minute,
        content: Some(submit_request::Content::Abstention("let Y rest".to_owned())),
        ..SubmitRequest::default()
    };
    not_allowed(x.submit(submit).await, "not-yours");
    let deregister = DeregisterRequest { name, instance, epoch: 2, operator: String::new() };
    not_allowed(x.deregister(deregister).await, "not-yours");

    for method in ["Register", "Submit", "Deregister"] {
        let line = system.trader.line(&format!("TraderService/{method}")).await;
        assert!(
            line.contains(" WARN strategy X is refused ") && line.contains("not for Y"),
            "{line}"
        );
    }
    median_of(&mut system.trader, 2).await;
    assert!(system.trader.said("is refused") <= 4, "each is said once, or twice in ten seconds");
    assert_eq!(system.trader.said("abstained") + system.trader.said("INFO lost the connection"), 0);
    system.all_is_well().await;

    // The command does not even try.
    let flags = system.papers.flags("strategy/X");
    let mut y = Part::strategy("Y", &system.trader, &[&system.b], &words(&flags));
    y.exits_with(1).await;
    let last = y.seen.last().unwrap();
    assert!(last.contains("--tls-cert is for strategy X") && last.contains("strategy/Y"), "{last}");
}

#[tokio::test]
async fn fault_57_only_an_operator_stops_others() {
    let mut system = Certified::start().await;
    let commands: [(&str, &[&str]); 3] = [
        ("minutehand", &["halt", "--reason", "odd fills"]),
        ("minutehand", &["resume", "--reason", "mended"]),
        ("deregister", &["-n", "Y"]),
    ];
    for (kind, args) in commands {
        let refused = system.run_as("strategy/X", kind, args).await;
        assert_eq!((refused.code, &*refused.out), (1, ""), "{}", refused.err);
        assert!(refused.err.contains("strategy X is refused"), "{}", refused.err);
        let line = system.trader.line(" WARN ").await;
        assert!(line.contains("strategy X is refused"), "{line}");
    }
    median_of(&mut system.trader, 2).await;
    assert_eq!(system.trader.said("HALTED") + system.trader.said("deregistered"), 0);

    for (kind, args) in commands {
        let done = system.run_as("operator/ann", kind, args).await;
        assert_eq!(done.code, 0, "{}", done.err);
    }
    system.trader.line("INFO deregistered Y").await;
    // Anyone with a certificate of the CA may look.
    for identity in ["operator/ann", "strategy/X"] {
        let status = system.run_as(identity, "minutehand", &["status", "--json"]).await;
        assert!([0, 4].contains(&status.code), "{}", status.err);
        assert!(status.out.contains(r#""name":"X""#), "{}", status.out);
    }
    median_of(&mut system.trader, 1).await;
    system.all_is_well().await;
}

/// The command lines and environments of a process and of all that it has started.
fn shown(of: Pid) -> String {
    let id = of.as_raw_nonzero();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    let ids = children.split_whitespace().map(str::to_owned).chain([id.to_string()]);
    let files = ids.flat_map(|id| ["cmdline", "environ"].map(|file| format!("/proc/{id}/{file}")));
    files.map(|file| String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned()).collect()
}

#[tokio::test]
async fn c4_a_secured_demo_is_one_command_and_leaves_nothing_behind() {
    let mut up = Part::spawn("up", "minutehand", &["up", "--secure"]);
    let line = up.line("; see it with `minutehand status ").await;
    let port = word(&line, "--trader-port ").to_owned();
    let command = line.split('`').nth(1).unwrap().to_owned();
    up.line(" first median, after ").await;

    // The line can be typed as it is; without the certificate nothing is to be seen.
    let args: Vec<&str> = command.split(' ').skip(1).collect();
    let status = run("minutehand", &args).await;
    assert!([0, 4].contains(&status.code), "{}", status.err);
    assert!(status.out.contains("STRATEGY"), "{}", status.out);
    let stranger = run("minutehand", &["status", "--trader-port", &port]).await;
    assert_eq!((stranger.code, &*stranger.out), (1, ""), "{}", stranger.err);
    let advice = "if it has mutual TLS, give --tls-ca, --tls-cert and --tls-key";
    assert!(stranger.err.contains(advice), "{}", stranger.err);
    up.line("handshake refused: TLS: it does not speak TLS").await;

    // What is secret is in files alone.
    let key = args.iter().find_map(|arg| arg.strip_prefix("--tls-key=")).unwrap();
    let home = Path::new(key).parent().unwrap().to_owned();
    let keys = keys(&home);
    assert_eq!(keys.len(), 8, "the CA, six parts and an operator");
    let shown = shown(up.id());
    assert!(shown.contains("--tls-key="), "{shown}");
    up.stop().await;
    let said = up.seen.join("\n");
    for secret in keys.iter().flat_map(|key| key.lines()) {
        assert!(!shown.contains(secret) && !said.contains(secret));
    }
    assert!(!home.exists(), "the certificates of one run go with it");
}

/// Every private key in a directory.
fn keys(directory: &Path) -> Vec<String> {
    let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "key"));
    files.map(|file| fs::read_to_string(file).unwrap()).collect()
}
