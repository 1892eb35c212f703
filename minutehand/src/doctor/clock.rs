//! Whether this machine's clock is kept by somebody, as chrony, systemd or ntpd say.

use std::{process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

use super::finding::Finding;

const CHECK: &str = "clock";
const SUBJECT: &str = "this machine";

/// Longest wait for what one of them says.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// What to do where nobody keeps it.
const REMEDY: &str =
    "install chrony (on Debian: apt install chrony), and look at it with `chronyc tracking`";

/// Who may know, and how to ask: the most precise first.
const SOURCES: [(&str, &[&str], Reading); 3] = [
    ("chronyc", &["-c", "tracking"], of_chrony),
    ("ntpq", &["-n", "-c", "rv 0 leap,offset,rootdisp"], of_ntp),
    ("timedatectl", &["show", "--property=NTPSynchronized"], of_systemd),
];

type Reading = fn(&str) -> Option<Kept>;

/// What is known of the clock.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kept {
    /// Somebody keeps it, and says that it is off by at most so many seconds, if they say it.
    Within(Option<f64>),
    /// Somebody would, and cannot.
    Adrift,
}

/// Asks all of them, until one knows. Clocks may differ by `skew` at most.
pub(super) async fn examine(skew: Duration) -> Finding {
    for (program, args, read) in SOURCES {
        if let Some(kept) = ask(program, args).await.as_deref().and_then(read) {
            return judge(program, kept, skew);
        }
    }
    Finding::warn(CHECK, SUBJECT, "none of chronyc, ntpq and timedatectl says who keeps it")
        .so(REMEDY)
}

async fn ask(program: &str, args: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = timeout(ANSWER_MAX, command.output()).await.ok()?.ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn judge(program: &str, kept: Kept, skew: Duration) -> Finding {
    match kept {
        Kept::Adrift => {
            Finding::warn(CHECK, SUBJECT, format!("it is not synchronised, {program} says"))
                .so(REMEDY)
        }
        Kept::Within(None) => {
            Finding::ok(CHECK, SUBJECT, format!("it is synchronised, {program} says"))
        }
        Kept::Within(Some(off)) => {
            let found = format!("it is synchronised to within {off:.6} s, {program} says");
            if off <= skew.as_secs_f64() / 2.0 {
                return Finding::ok(CHECK, SUBJECT, found);
            }
            let found = format!("{found}, and clocks may differ by {} s", skew.as_secs_f64());
            Finding::bad(CHECK, SUBJECT, found)
                .so("choose nearer time servers, or give all parts a larger --skew")
        }
    }
}

/// One line of values: <https://chrony-project.org/doc/4.6/chronyc.html>, `tracking`.
fn of_chrony(said: &str) -> Option<Kept> {
    let values: Vec<&str> = said.trim().split(',').collect();
    let number = |place: usize| -> Option<f64> { values.get(place)?.parse().ok() };
    let (off, delay, dispersion) = (number(4)?, number(10)?, number(11)?);
    if *values.get(13)? == "Not synchronised" {
        return Some(Kept::Adrift);
    }
    Some(Kept::Within(Some(off.abs() + delay / 2.0 + dispersion)))
}

/// `leap=00, offset=-0.123, rootdisp=12.3`, in milliseconds.
fn of_ntp(said: &str) -> Option<Kept> {
    let value = |name: &str| {
        let mut pairs = said.split([',', '\n']).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.trim())
    };
    let leap = value("leap")?;
    if leap == "11" || leap.contains("alarm") {
        return Some(Kept::Adrift);
    }
    let millis = |name| value(name)?.parse::<f64>().ok();
    Some(Kept::Within(Some((millis("offset")?.abs() + millis("rootdisp")?) / 1_000.0)))
}

fn of_systemd(said: &str) -> Option<Kept> {
    match said.trim().strip_prefix("NTPSynchronized=")? {
        "yes" => Some(Kept::Within(None)),
        "no" => Some(Kept::Adrift),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t3_what_keepers_of_clocks_say_is_understood() {
        let chrony = "C0248F97,192.0.2.1,3,1764270000.1,-0.000200,0.000012,0.00002,-10.1,0.0,0.02,0.003000,0.000500,64.2,";
        let near = |found: Option<Kept>, expected: f64| match found {
            Some(Kept::Within(Some(seconds))) => (seconds - expected).abs() < 1e-12,
            Some(Kept::Within(None) | Kept::Adrift) | None => false,
        };
        assert!(near(of_chrony(&format!("{chrony}Normal\n")), 0.0022));
        assert_eq!(of_chrony(&format!("{chrony}Not synchronised\n")), Some(Kept::Adrift));
        assert_eq!(of_chrony("506 Cannot talk to daemon"), None);
        assert!(near(of_ntp("leap=00, offset=-0.500, rootdisp=1.500\n"), 0.002));
        assert_eq!(of_ntp("leap=11, offset=0.0, rootdisp=0.0"), Some(Kept::Adrift));
        assert_eq!(of_ntp("leap=leap_alarm, offset=0.0, rootdisp=0.0"), Some(Kept::Adrift));
        assert_eq!(of_ntp("***Request timed out"), None);
        assert_eq!(of_systemd("NTPSynchronized=yes\n"), Some(Kept::Within(None)));
        assert_eq!(of_systemd("NTPSynchronized=no\n"), Some(Kept::Adrift));
        assert_eq!(of_systemd("System has not been booted with systemd"), None);
    }

    #[test]
    fn t3_a_clock_that_is_off_by_more_than_half_of_the_skew_is_bad() {
        let line = |kept| judge("chronyc", kept, Duration::from_secs(1)).line();
        assert_eq!(
            line(Kept::Within(Some(0.0002))),
            "ok    clock of this machine: it is synchronised to within 0.000200 s, chronyc says"
        );
        assert!(line(Kept::Within(Some(0.6))).starts_with("bad "));
        assert!(line(Kept::Adrift).starts_with("warn"));
    }

    #[tokio::test]
    async fn who_is_not_installed_says_nothing() {
        assert_eq!(ask("minutehand-no-such-program", &[]).await, None);
        assert_eq!(ask("false", &[]).await, None);
        assert_eq!(ask("echo", &["x"]).await.as_deref(), Some("x\n"));
    }
}
