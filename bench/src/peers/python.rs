//! The same trio in Python, with `rpyc` and with `grpcio`: bench/python has it. Its environment is made
//! beside the binaries by the first run that needs it.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::Result;

pub(super) const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/python");

const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../proto");

const PROTO_FILES: [&str; 2] = ["minutehand/v1/generator.proto", "minutehand/v1/trader.proto"];

/// Which library it speaks with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flavour {
    /// `rpyc`, a thread for each connection.
    Rpyc,
    /// `grpcio`, asynchronous, with the messages of Minutehand.
    Grpc,
}

impl Flavour {
    pub(crate) const ALL: [Self; 2] = [Self::Rpyc, Self::Grpc];

    /// What it is called in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rpyc => "Python, rpyc",
            Self::Grpc => "Python, grpcio",
        }
    }
}

/// An interpreter with what the scripts need.
#[derive(Debug)]
pub(crate) struct Python {
    interpreter: PathBuf,
    stubs: PathBuf,
}

impl Python {
    /// The one that a run before has made, or a new one.
    pub(crate) async fn ready() -> Result<Self> {
        let place = std::env::current_exe()?.with_file_name("bench-python");
        let python = Self { interpreter: place.join("bin/python"), stubs: place.join("stubs") };
        if !python.stubs.join("minutehand/v1/trader_pb2.py").exists() {
            python.install(&place).await?;
        }
        Ok(python)
    }

    async fn install(&self, place: &Path) -> Result<()> {
        install(place, "requirements.txt").await?;
        std::fs::create_dir(&self.stubs)?;
        let mut stubs = Command::new(&self.interpreter);
        stubs.args(["-m", "grpc_tools.protoc", "-I", PROTO]);
        for kind in ["--python_out", "--grpc_python_out"] {
            stubs.arg(kind).arg(&self.stubs);
        }
        finished(stubs.args(PROTO_FILES)).await.map(drop)
    }

    /// A command of one of the flavours.
    pub(crate) fn command(&self, flavour: Flavour, args: &[&str]) -> Command {
        let mut command = Command::new(&self.interpreter);
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        match flavour {
            Flavour::Rpyc => command.arg(format!("{SCRIPTS}/rpyc_trio.py")),
            Flavour::Grpc => {
                command.arg(format!("{SCRIPTS}/grpc_trio.py")).arg("--stubs").arg(&self.stubs)
            }
        };
        command.args(args);
        command
    }
}

/// Makes an environment, with what one of the files of requirements names.
pub(super) async fn install(place: &Path, requirements: &str) -> Result<()> {
    let mut venv = Command::new("python3");
    let made = finished(venv.args(["-m", "venv", "--clear"]).arg(place)).await;
    made.map_err(|error| format!("the Python peers need python3 with venv: {error}"))?;
    let mut pip = Command::new(place.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
    finished(pip.arg(format!("{SCRIPTS}/{requirements}"))).await.map(drop)
}

/// Runs a command to its end, which has to be a good one; what it prints.
pub(crate) async fn finished(command: &mut Command) -> Result<String> {
    let name = command.as_std().get_program().display().to_string();
    let output = command.output().await.map_err(|error| format!("cannot start {name}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{name} failed: {said}").into())
}
