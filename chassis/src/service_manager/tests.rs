//! The protocol as `sd_notify(3)` has it.

use super::{testing::Listener, *};

const PATIENCE: Duration = Duration::from_secs(8);

fn second(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn named<const N: usize>(variables: [(&str, &str); N]) -> Result<ServiceManager, Failure> {
    ServiceManager::named_by(|name| {
        let value = variables.iter().find(|(variable, _)| *variable == name);
        value.map(|(_, value)| value.into())
    })
}

#[test]
fn the_first_round_says_ready_and_later_ones_that_it_is_alive() {
    let listener = Listener::new(PATIENCE);
    let mut manager = listener.manager();
    manager.status(|| "WAITING".to_owned());
    assert!(listener.heard().is_empty(), "the loop does not run yet");
    manager.went_round(second(100));
    assert_eq!(listener.heard(), ["READY=1", "WATCHDOG=1", "STATUS=WAITING"]);
    for round in 0..=80 {
        manager.went_round(second(100) + Duration::from_millis(100 * round));
    }
    assert_eq!(listener.heard(), ["WATCHDOG=1"; 4], "four times in the time that is waited");
    assert!(listener.heard().is_empty(), "and never but when the loop goes round");
}

#[test]
fn a_status_is_told_once_with_the_next_round() {
    let listener = Listener::new(PATIENCE);
    let mut manager = listener.manager();
    manager.went_round(second(1));
    listener.heard();
    for _ in 0..2 {
        manager.status(|| "OK".to_owned());
        manager.went_round(second(2));
    }
    assert_eq!(listener.heard(), ["STATUS=OK"]);
    manager.status(|| "ERROR".to_owned());
    manager.status(|| "OK again".to_owned());
    manager.went_round(second(2));
    assert_eq!(listener.heard(), ["STATUS=OK again"]);
}

#[test]
fn a_status_is_one_line_of_bounded_length() {
    let listener = Listener::new(PATIENCE);
    let mut manager = listener.manager();
    manager.went_round(second(1));
    listener.heard();
    manager.status(|| format!("ERROR: \nSTOPPING=1\r\0{}", "é".repeat(STATUS_BYTES_MAX)));
    manager.went_round(second(1));
    let [status] = &listener.heard()[..] else { panic!("another message got in") };
    assert!(status.starts_with("STATUS=ERROR:  STOPPING=1  é"), "{status}");
    assert!(status.len() <= "STATUS=".len() + STATUS_BYTES_MAX && status.ends_with('é'));
}

#[test]
fn however_it_ends_it_says_that_it_is_stopping_and_no_more() {
    let listener = Listener::new(PATIENCE);
    let mut manager = listener.manager();
    manager.went_round(second(1));
    listener.heard();
    manager.stopping();
    manager.status(|| "OK".to_owned());
    manager.went_round(second(10));
    drop(manager);
    drop(listener.manager());
    assert_eq!(listener.heard(), ["STOPPING=1"; 2]);
}

#[test]
fn a_manager_that_does_not_read_keeps_nobody_waiting_and_misses_nothing() {
    let listener = Listener::new(PATIENCE);
    let mut manager = listener.manager();
    let full = (0..100_000).position(|round| {
        manager.status(|| format!("{round}"));
        manager.went_round(second(1));
        manager.0.as_ref().is_some_and(|manager| !manager.status_told)
    });
    assert!(full.is_some(), "there is no end to what it takes");
    manager.status(|| "the last".to_owned());
    assert_eq!(listener.heard().last(), full.map(|full| format!("STATUS={}", full - 1)).as_ref());
    manager.went_round(second(1));
    assert!(listener.heard().is_empty(), "not at once");
    manager.went_round(second(2));
    assert_eq!(listener.heard(), ["STATUS=the last"]);
}

#[test]
fn a_socket_may_have_a_name_without_a_path() {
    let name = format!("minutehand-{}", std::process::id());
    let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    named([(SOCKET, &format!("@{name}"))]).unwrap().went_round(second(1));
    let mut message = [0; 64];
    let length = socket.recv(&mut message).unwrap();
    assert_eq!(&message[..length], b"READY=1", "no watchdog, no sign of life");
}

#[test]
fn who_is_not_asked_says_nothing() {
    let mut nobody = named([]).unwrap();
    nobody.status(|| panic!("nobody wants to know"));
    nobody.went_round(second(1));
    assert!(named([(SOCKET, "")]).unwrap().0.is_none());

    let own = std::process::id().to_string();
    let pause = |process: &str| {
        let watched = [(SOCKET, "/a"), (WATCHDOG, "8000000"), (WATCHDOG_PROCESS, process)];
        named(watched).unwrap().0.as_ref().unwrap().pause
    };
    assert_eq!(pause(&own), Some(PATIENCE / SIGNS));
    assert_eq!(pause("1"), None, "the sign of another process is waited for");
}

#[test]
fn c3_an_environment_that_makes_no_sense_is_refused() {
    let refused = |variables| named(variables).unwrap_err().to_string();
    assert_eq!(
        refused([(SOCKET, "vsock:2"), (WATCHDOG, "")]),
        "NOTIFY_SOCKET is vsock:2: it is an absolute path, or `@` and a name"
    );
    for watchdog in ["1999999", "-1", "soon"] {
        assert_eq!(
            refused([(SOCKET, "/a"), (WATCHDOG, watchdog)]),
            format!(
                "WATCHDOG_USEC is {watchdog}: it is a number of microseconds, 2000000 at least; in a unit, WatchdogSec=2 or more"
            )
        );
    }
}
