//! Real processes: started, asked what they take, and ended with the run.

use std::{fs, path::PathBuf, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Command},
    task::{JoinSet, yield_now},
    time::{Instant, timeout},
};

use crate::Result;

/// Whatever is started here serves within this.
const START_MAX: Duration = Duration::from_secs(20);

/// Where the binaries are: beside this one.
pub(crate) fn binary(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let path = own.with_file_name(name);
    if path.exists() {
        return Ok(path);
    }
    Err(format!("there is no {}: build it first, as docs/PERFORMANCE.md says", path.display())
        .into())
}

/// One process, which is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    drains: JoinSet<()>,
}

/// A process that serves.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) port: u16,
    /// From exec to serving.
    pub(crate) ready: Duration,
}

impl Server {
    /// Starts a server, and waits until it says where it listens.
    pub(crate) async fn start(command: Command) -> Result<Self> {
        Ok(Self::start_with_lines(command).await?.0)
    }

    /// Starts one that has something to say on standard output, too.
    pub(crate) async fn start_with_lines(
        command: Command,
    ) -> Result<(Self, Lines<BufReader<ChildStdout>>)> {
        let name = command.as_std().get_program().display().to_string();
        let begun = Instant::now();
        let (mut process, stdout, mut lines) = spawn(command)?;
        let line = timeout(START_MAX, listening(&mut lines)).await;
        let line =
            line.map_err(|_| format!("{name} did not say where it listens within {START_MAX:?}"))?;
        let line = line.map_err(|error| format!("{name}: {error}"))?;
        let ready = begun.elapsed();
        let port = line.split_whitespace().next().and_then(|at| at.rsplit(':').next());
        let port = port.ok_or("no port")?.parse()?;
        process.drain(lines);
        Ok((Self { process, port, ready }, stdout))
    }
}

async fn listening(lines: &mut Lines<BufReader<ChildStderr>>) -> Result<String> {
    let mut said = Vec::new();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, address)) = line.split_once("listening on ") {
            return Ok(address.to_owned());
        }
        said.push(line);
    }
    Err(format!("it ended before it listened: {}", said.join("\n")).into())
}

impl Process {
    /// Starts a process that says what it has to say on standard output.
    pub(crate) fn start(command: Command) -> Result<(Self, Lines<BufReader<ChildStdout>>)> {
        let (mut process, stdout, stderr) = spawn(command)?;
        process.drain(stderr);
        Ok((process, stdout))
    }

    /// Starts a process whose words nobody hears. A hundred starts take seconds: in between, everyone
    /// else has a turn, or servers would take this process for dead.
    pub(crate) async fn unheard(command: Command) -> Result<Self> {
        let (mut process, stdout) = Self::start(command)?;
        process.drain(stdout);
        yield_now().await;
        Ok(process)
    }

    fn drain(&mut self, lines: Lines<BufReader<impl AsyncRead + Unpin + Send + 'static>>) {
        let mut rest = lines.into_inner();
        self.drains.spawn(async move {
            let mut said = [0; 4096];
            while rest.read(&mut said).await.is_ok_and(|length| length > 0) {}
        });
    }

    /// Resident memory, in KiB.
    pub(crate) fn resident_kib(&self) -> Result<f64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()).ok_or("no VmRSS")?;
        Ok(kib.parse()?)
    }

    /// Threads at this moment.
    pub(crate) fn threads(&self) -> Result<f64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("Threads:"));
        Ok(line.ok_or("no Threads")?.trim().parse()?)
    }

    /// Processor time so far, of all threads that it has: the first number of each one's `schedstat`
    /// (Linux, Documentation/scheduler/sched-stats.rst).
    pub(crate) fn processor(&self) -> Result<Duration> {
        let mut total = Duration::ZERO;
        for thread in fs::read_dir(self.about("task")?)? {
            let schedstat = fs::read_to_string(thread?.path().join("schedstat"))?;
            let nanos = schedstat.split_whitespace().next().ok_or("no schedstat")?;
            total += Duration::from_nanos(nanos.parse()?);
        }
        Ok(total)
    }

    fn read(&self, what: &str) -> Result<String> {
        Ok(fs::read_to_string(self.about(what)?)?)
    }

    fn about(&self, what: &str) -> Result<PathBuf> {
        let id = self.child.id().ok_or("it has ended")?;
        Ok(PathBuf::from(format!("/proc/{id}/{what}")))
    }
}

type Spawned = (Process, Lines<BufReader<ChildStdout>>, Lines<BufReader<ChildStderr>>);

fn spawn(mut command: Command) -> Result<Spawned> {
    let name = command.as_std().get_program().display().to_string();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("cannot start {name}: {error}"))?;
    let stdout = BufReader::new(child.stdout.take().ok_or("piped")?).lines();
    let stderr = BufReader::new(child.stderr.take().ok_or("piped")?).lines();
    Ok((Process { child, drains: JoinSet::new() }, stdout, stderr))
}
