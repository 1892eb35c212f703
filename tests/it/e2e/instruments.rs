//! Several instruments: a trader for each, from one plan and in one view.

use std::{fs, path::Path};

use rustix::process::{Signal, kill_process};
use serde_json::Value;

use super::launcher::children;
use crate::harness::{Output, PATIENCE, Part, free_port, run};

/// A plan of two traders that have only the plan in common; `btc` needs the generator `b`.
fn plan([btc, eth]: [u16; 2]) -> String {
    format!(
        "interval = '2s'\n\
         [[trader]]\nname = 'btc'\nport = {btc}\nephemeral = true\n\
         [[trader]]\nname = 'eth'\nport = {eth}\nephemeral = true\n\
         [[generator]]\nname = 'b'\n[[generator]]\nname = 'e'\n\
         [[strategy]]\nname = 'B'\ntrader = 'btc'\nsignals = ['b']\n\
         [[strategy]]\nname = 'E'\ntrader = 'eth'\nsignals = ['e']\n"
    )
}

/// The state of each trader, or why it is not known, by `status --json` of the plan; the exit code.
async fn states(plan: &str) -> (i32, Vec<(String, String)>) {
    let Output { code, out, .. } = run("minutehand", &["status", "--json", plan]).await;
    let objects = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let state = |object: Value| {
        let word = |key: &str| object[key].as_str().map(str::to_owned);
        (word("trader").unwrap(), word("state").or(word("failure")).unwrap())
    };
    (code, objects.map(state).collect())
}

/// Asks until the traders are in these states; the exit code.
async fn until(plan: &str, btc: &str, eth: &str) -> i32 {
    let expected = [("btc", btc), ("eth", eth)].map(|(name, state)| (name.into(), state.into()));
    let asking = async {
        loop {
            let (code, states) = states(plan).await;
            if states == expected {
                return code;
            }
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("never {expected:?}"))
}

fn written(home: &Path, text: &str) -> String {
    let file = home.join("two.toml");
    fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn c4_two_traders_of_a_plan_are_one_system_and_each_stands_for_itself() {
    let home = tempfile::tempdir().unwrap();
    let [(_btc, btc), (_eth, eth)] = [(); 2].map(|()| free_port());
    let plan = written(home.path(), &plan([btc, eth]));
    let mut up = Part::spawn("up", "minutehand", &["up", &plan]);
    let listens = |name, port| {
        format!(
            "the trader {name} listens on 127.0.0.1:{port}; see it with `minutehand status --trader-port {port}`"
        )
    };
    up.line(&listens("btc", btc)).await;
    up.line(&listens("eth", eth)).await;
    for _ in ["one", "the other"] {
        up.line(" first median of trader ").await;
    }
    for name in ["btc", "eth"] {
        assert_eq!(up.said(&format!(" first median of trader {name}, after ")), 1, "{name}");
    }
    let parts = children(up.id());
    assert_eq!(parts.len(), 6, "{parts:?}");
    let is_labelled = |label: &str| up.seen.iter().any(|line| line.starts_with(label));
    assert!(is_labelled("trader btc  | ") && is_labelled("trader eth  | "));

    assert_eq!(until(&plan, "OK", "OK").await, 0);
    let status = run("minutehand", &["status", &plan]).await;
    for name in ["btc", "eth"] {
        assert!(
            status.out.lines().any(|line| line.starts_with(&format!("{name}: "))),
            "{status:?}"
        );
    }
    assert!(status.out.contains("\nB  ") && status.out.contains("\nE  "), "{}", status.out);

    let watched = run("minutehand", &["watch", &plan, "--count", "4", "--json"]).await;
    let events = watched.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let verdicts = events.filter(|event| event["event"] == "verdict");
    let names: Vec<_> =
        verdicts.map(|event| event["trader"].as_str().unwrap().to_owned()).collect();
    assert_eq!((watched.code, names.len()), (0, 4), "{watched:?}");
    for name in ["btc", "eth"] {
        assert!(names.iter().any(|other| other == name), "{names:?}");
    }

    // Only held up: `up` would start one that is killed again, too soon to see the error.
    let of_b = |line: &str| line.contains(" generator ") && line.contains("--name=b ");
    let (generator, _) = parts.iter().find(|(_, line)| of_b(line)).unwrap();
    kill_process(*generator, Signal::STOP).unwrap();
    assert_eq!(until(&plan, "ERROR", "OK").await, 4);
    kill_process(*generator, Signal::CONT).unwrap();
    assert_eq!(until(&plan, "OK", "OK").await, 0);
    up.stop().await;
    let down = run("minutehand", &["status", &plan]).await;
    for (name, port) in [("btc", btc), ("eth", eth)] {
        let said = format!("{name}: trader 127.0.0.1:{port} is out of reach: connection refused; ");
        assert!(down.out.contains(&said), "{down:?}");
    }
    let (code, states) = states(&plan).await;
    assert_eq!(code, 1, "{states:?}");
    for ((name, why), (expected, port)) in states.iter().zip([("btc", btc), ("eth", eth)]) {
        let out_of_reach = format!("trader 127.0.0.1:{port} is out of reach: connection refused; ");
        assert!(name == expected && why.starts_with(&out_of_reach), "{name}: {why}");
    }
}

#[tokio::test]
async fn m5_a_trader_that_hangs_is_said_to_by_name_while_the_other_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let [(_btc, btc), (_eth, eth)] = [(); 2].map(|()| free_port());
    let plan = written(home.path(), &plan([btc, eth]));
    let mut up = Part::spawn("up", "minutehand", &["up", &plan]);
    up.line("the trader eth listens on ").await;
    assert_eq!(until(&plan, "OK", "OK").await, 0);
    let parts = children(up.id());
    let of_trader = |value: &Value, name: &str| value["trader"] == name;
    let mut looked = Part::spawn("status", "minutehand", &["status", "--watch", "--json", &plan]);
    looked.event("btc", |status| of_trader(status, "btc")).await;
    looked.event("eth", |status| of_trader(status, "eth")).await;
    let mut watched = Part::spawn("watch", "minutehand", &["watch", "--json", &plan]);
    let verdict = |event: &Value| event["event"] == "verdict" && of_trader(event, "eth");
    watched.event("a verdict of eth", verdict).await;
    let of_eth = |line: &str| line.contains(" trader ") && line.contains(&format!("--port {eth}"));
    let (trader, _) = parts.iter().find(|(_, line)| of_eth(line)).unwrap();
    kill_process(*trader, Signal::STOP).unwrap();
    let lapsed = |event: &Value| event["event"] == "lapsed";
    let event = watched.event("lapsed", lapsed).await;
    assert!(of_trader(&event, "eth"), "{event}");
    watched.event("btc goes on", |event| of_trader(event, "btc")).await;
    kill_process(*trader, Signal::CONT).unwrap();
    up.stop().await;
}

#[tokio::test]
async fn c4_a_system_of_two_traders_is_secured_and_ends_after_a_median_of_each() {
    let home = tempfile::tempdir().unwrap();
    let plan = written(home.path(), &plan([0, 0]));
    let up = run("minutehand", &["up", "--secure", "--medians", "1", &plan]).await;
    assert_eq!((up.code, &*up.out), (0, ""), "{}", up.err);
    for name in ["btc", "eth"] {
        let first = format!(" first median of trader {name}, after ");
        assert_eq!(up.err.matches(&first).count(), 1, "{}", up.err);
        assert!(up.err.contains(&format!("the trader {name} listens on ")), "{}", up.err);
    }
    assert!(up.err.contains("operator-"), "{}", up.err);
    let refused = run("minutehand", &["watch", &plan]).await;
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("the trader btc is on a free port"), "{refused:?}");
}

#[tokio::test]
async fn c5_the_traders_of_a_secured_plan_are_asked_as_its_operator() {
    let home = tempfile::tempdir().unwrap();
    let [(_btc, btc), (_eth, eth)] = [(); 2].map(|()| free_port());
    let text = format!("{}[tls]\ndir = 'certs'\n", plan([btc, eth]));
    let plan = written(home.path(), &text);
    let made = run("minutehand", &["certs", &plan]).await;
    assert_eq!(made.code, 0, "{made:?}");
    for name in ["btc", "eth"] {
        assert!(made.out.contains(&format!("  trader {name}, until ")), "{}", made.out);
    }
    let mut up = Part::spawn("up", "minutehand", &["up", &plan]);
    up.line("the trader eth listens on ").await;
    assert_eq!(until(&plan, "OK", "OK").await, 0);
    let watched = run("minutehand", &["watch", &plan, "--count", "1"]).await;
    assert_eq!(watched.code, 0, "{watched:?}");
    let in_the_clear = run("minutehand", &["status", "--trader-port", &eth.to_string()]).await;
    assert_eq!(in_the_clear.code, 1, "{in_the_clear:?}");
    up.stop().await;
}
