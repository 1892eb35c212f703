//! Both servers through a stock client, Python's gRPC, by reflection alone.

use std::{fs, io::Write as _, path::PathBuf, process::Stdio, time::Duration};

use tokio::{process::Command, time::timeout};

use super::system::median_of;
use crate::harness::{PATIENCE, Part};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/it/e2e");

const REQUIREMENTS: &str = include_str!("stock_client.requirements.txt");

/// A slow link may take its time for the packages, once.
const INSTALLED_WITHIN: Duration = Duration::from_mins(2);

/// Runs a command to its end; what it says on standard error if it fails.
async fn run(command: &mut Command, within: Duration) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = timeout(within, output).await.map_err(|_| format!("not done in {within:?}"))?;
    let output = output.map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

/// A Python with the client's packages, made once for all runs of these tests.
async fn python() -> Result<PathBuf, String> {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let (made, contents) = (directory.join("stock-client"), "requirements.txt");
    if !fs::read_to_string(made.join(contents)).is_ok_and(|text| text == REQUIREMENTS) {
        let making = tempfile::tempdir_in(&directory).unwrap().keep();
        let venv = ["-m", "venv", "--clear"];
        run(Command::new("python3").args(venv).arg(&making), PATIENCE).await?;
        fs::write(making.join(contents), REQUIREMENTS).unwrap();
        let pip =
            ["-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--retries", "1", "-r"];
        let mut install = Command::new(making.join("bin/python"));
        run(install.args(pip).arg(making.join(contents)), INSTALLED_WITHIN).await?;
        // Of an earlier version of the requirements, or of somebody who was faster.
        if made.exists() {
            fs::remove_dir_all(&made).unwrap();
        }
        fs::rename(making, &made).unwrap();
    }
    Ok(made.join("bin/python"))
}

#[tokio::test]
async fn m5_a_stock_client_needs_nothing_but_reflection() {
    let python = match python().await {
        Ok(python) => python,
        Err(why) => {
            let why = why.lines().last().unwrap_or_default();
            let skipped = format!("SKIPPED: no Python with grpcio for the stock client: {why}\n");
            return std::io::stderr().write_all(skipped.as_bytes()).unwrap();
        }
    };
    let a = Part::generator("a", &[]).await;
    let mut trader = Part::trader(&["--ephemeral", "--expect", "X"]).await;
    let ports = [&a, &trader].map(|server| server.port.to_string());
    let client = async |story: &str| {
        let mut client = Command::new(&python);
        client.arg(format!("{HERE}/stock_client.py")).arg(story).args(&ports);
        run(&mut client, PATIENCE).await.unwrap_or_else(|error| panic!("{error}"));
    };

    trader.line("trader too-few since ").await;
    client("refused").await;
    let _x = Part::strategy("X", &trader, &[&a], &[]);
    median_of(&mut trader, 1).await;
    client("current").await;
}
