//! Parts that end, one way or another, as shells that play them.

use std::sync::mpsc::Receiver;

use chassis::{clock::Clock, grid::Timestamp};
use rand::{SeedableRng as _, rngs::StdRng};

use super::{
    group::{Ground, Group},
    part::{self, Part},
    printer::{self, Message},
    voice::Voice,
};
use crate::plan::Plan;

#[test]
fn c4_each_part_of_a_plan_serves_its_figures_where_the_plan_says() {
    let text = "[trader]\nport = 7\nhttp = 9100\n[[generator]]\nname = 'a'\nhttp = '[::1]:0'\n\
                [[strategy]]\nname = 'X'\nsignals = ['a']\nhttp = 'localhost:9101'\n\
                [[strategy]]\nname = 'Y'\nsignals = ['a']";
    let plan = Plan::parse("p.toml", text).unwrap();
    let servers =
        part::generators(&plan, Timestamp::default()).into_iter().chain(part::traders(&plan));
    let parts = servers.chain(part::strategies(&plan, &[7], &[1]));
    let told = parts.map(|part| {
        let flag = part.arguments.into_iter().find(|flag| flag.starts_with("--http"));
        flag.unwrap_or_default()
    });
    let told: Vec<String> = told.collect();
    assert_eq!(told, ["--http=[::1]:0", "--http=127.0.0.1:9100", "--http=127.0.0.1:9101", ""]);
}

struct Stage {
    group: Group,
    log: Receiver<Message>,
}

fn stage() -> Stage {
    let (printer, log) = printer::captured();
    let voice = Voice::new(printer, Clock::system());
    let ground = Ground { program: "/bin/sh".into(), voice };
    Stage { group: Group::new(&ground, &mut StdRng::seed_from_u64(1)), log }
}

fn shell(script: &str, port: Option<u16>) -> Part {
    let arguments = ["-c", script, "part"].map(str::to_owned).to_vec();
    Part { label: "part".to_owned(), arguments, port }
}

/// Everything said so far, the stamps of `up` left out.
fn said(log: &Receiver<Message>) -> Vec<String> {
    let lines = log.try_iter().filter_map(Message::into_line);
    lines
        .map(|(label, text)| match text.split_once(' ') {
            Some((_, rest)) if label == "up" => format!("up: {rest}"),
            _ => format!("{label}: {text}"),
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn c4_a_part_that_ends_is_started_again_until_it_is_refused_for_good() {
    let mut stage = stage();
    let directory = tempfile::tempdir().unwrap();
    let runs = directory.path().join("runs");
    let script = format!(
        "echo run >> '{0}'; echo hello >&2; [ $(wc -l < '{0}') -lt 3 ] && exit 1; exit 6",
        runs.display()
    );
    drop(stage.group.start(shell(&script, None)));
    assert_eq!(stage.group.one_is_gone().await, "part");
    let said = said(&stage.log);
    assert_eq!(said.iter().filter(|line| *line == "part: hello").count(), 3);
    let again = "up: WARN part ended with exit status: 1; starting it again in 0.";
    assert_eq!(said.iter().filter(|line| line.starts_with(again)).count(), 2, "{said:?}");
    let expected =
        "up: ERROR part ended with exit status: 6 and is not started again: its log says why";
    assert_eq!(said.last().map(String::as_str), Some(expected));
}

#[tokio::test(start_paused = true)]
async fn c4_a_server_that_never_listened_is_not_tried_again() {
    let mut stage = stage();
    let listening = stage.group.start(shell("exit 1", Some(0)));
    assert!(listening.await.is_err());
    stage.group.one_is_gone().await;
    assert_eq!(said(&stage.log), ["up: ERROR part ended with exit status: 1 before it listened"]);
}

#[tokio::test(start_paused = true)]
async fn c4_a_server_on_a_free_port_keeps_it_when_it_is_started_again() {
    let mut stage = stage();
    let script = "echo listening on 127.0.0.1:4242 with $* >&2; [ $2 = 0 ]; exit $(($? * 2))";
    let listening = stage.group.start(shell(script, Some(0)));
    assert_eq!(listening.await, Ok(4242));
    stage.group.one_is_gone().await;
    let said = said(&stage.log);
    assert_eq!(said[0], "part: listening on 127.0.0.1:4242 with --port 0");
    assert_eq!(said[2], "part: listening on 127.0.0.1:4242 with --port 4242");
}

#[tokio::test]
async fn c4_a_stop_ends_all_parts_and_waits_for_them() {
    let mut stage = stage();
    let script = "trap 'echo bye >&2; exit 0' TERM; echo listening on 127.0.0.1:1 >&2; while :; do read x; done";
    let listening = [(); 3].map(|()| stage.group.start(shell(script, Some(0))));
    for listening in listening {
        assert_eq!(listening.await, Ok(1));
    }
    stage.group.stop().await;
    let said = said(&stage.log);
    assert_eq!(said.iter().filter(|line| *line == "part: bye").count(), 3, "{said:?}");
    assert_eq!(said.len(), 6, "a part that stops as it should is no news: {said:?}");
}
