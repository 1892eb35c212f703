//! Two hosts, and a network between them that a test can slow down, make lossy, or cut.

use std::{
    process::{Command, Stdio, id},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout},
    time::timeout,
};

use super::{PATIENCE, can, skip, stage::Stage};

/// Addresses of the two, in a network of their own.
pub(crate) const ADDRESSES: [&str; 2] = ["10.203.0.1", "10.203.0.2"];

/// What carries frames between the hosts: the kernel's own means for it are often left out.
const NETWORK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/it/harness/network.py");

/// Three network namespaces: the hosts, and the network, to which each of them has a cable. They go
/// with the test.
#[derive(Debug)]
pub(crate) struct Hosts {
    names: [String; 3],
    network: Option<Network>,
}

#[derive(Debug)]
struct Network {
    _process: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Hosts {
    /// None where the machine does not allow it, which is said.
    pub(crate) async fn start(test: &str) -> Option<Self> {
        let names = ["a", "b", "n"].map(|end| format!("{test}-{}-{end}", id()));
        let mut hosts = Self { names, network: None };
        for step in hosts.steps() {
            let words: Vec<&str> = step.split(' ').collect();
            if !can(&words).await {
                skip(test, &format!("`{step}` (needs root and network namespaces)"));
                return None;
            }
        }
        let network = Network::start(&hosts.stage(2)).await;
        if network.is_none() {
            skip(test, "no python3 that may read from devices");
        }
        hosts.network = Some(network?);
        Some(hosts)
    }

    fn steps(&self) -> Vec<String> {
        let [a, b, network] = &self.names;
        let mut steps: Vec<String> =
            [a, b, network].map(|name| format!("ip netns add {name}")).to_vec();
        for (host, end, address) in [(a, "one", ADDRESSES[0]), (b, "other", ADDRESSES[1])] {
            steps.extend([
                format!("ip link add cable netns {host} type veth peer name {end} netns {network}"),
                format!("ip -n {host} address add {address}/24 dev cable"),
                format!("ip -n {host} link set cable up"),
                format!("ip -n {host} link set lo up"),
                format!("ip -n {network} link set {end} up"),
            ]);
        }
        steps
    }

    /// The stage of a process on one of them.
    pub(crate) fn stage(&self, host: usize) -> Stage {
        ["ip", "netns", "exec", &self.names[host]].map(str::to_owned).to_vec()
    }

    /// From here on, every frame takes so long, and so many of a hundred are lost.
    pub(crate) async fn fare(&mut self, delay: Duration, loss: u32) {
        let network = self.network.as_mut().expect("it was started");
        let order = format!("{} {loss}\n", delay.as_millis());
        network.orders.write_all(order.as_bytes()).await.unwrap();
        network.is_ready().await.expect("the network goes on");
    }
}

impl Network {
    async fn start(stage: &Stage) -> Option<Self> {
        let mut command = tokio::process::Command::new(&stage[0]);
        command.args(&stage[1..]).args(["python3", NETWORK, "1", "one", "other"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().ok()?;
        let (orders, answers) = (process.stdin.take()?, process.stdout.take()?);
        let answers = BufReader::new(answers).lines();
        let mut network = Self { _process: process, orders, answers };
        network.is_ready().await?;
        Some(network)
    }

    async fn is_ready(&mut self) -> Option<()> {
        let answer = timeout(PATIENCE, self.answers.next_line()).await.ok()?.ok()??;
        (answer == "ready").then_some(())
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for name in &self.names {
            let mut delete = Command::new("ip");
            // One that was not made cannot be deleted.
            let _gone = delete.args(["netns", "delete", name]).stderr(Stdio::null()).status();
        }
    }
}
