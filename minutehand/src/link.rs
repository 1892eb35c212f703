//! The link to a trader: where it is, calls with one deadline for the whole command, and what a
//! failed call means to whoever typed it.

use std::{
    error::Error as _,
    path::{Path, PathBuf},
    time::Duration,
};

use chassis::{
    channel::{ANSWER_BYTES_MAX, Address, Dialer},
    clock::Clock,
    exit::{Exit, Failure},
    flag::{Tls, longer_than_nothing},
    retry::{self, TRY_TIMEOUT},
    status::{is_transport, remedy, root_cause},
    tls::{Files, Role},
};
use proto::v1::trader_service_client::TraderServiceClient;
use rand::Rng;
use tokio::time::{Instant, timeout_at};
use tonic::{Code, Response, Status, transport::Channel};
use trader::journal::{NoStateDirectory, default_path};

use crate::report::printable;

/// A client of the trader.
pub type Client = TraderServiceClient<Channel>;

/// The trader's port, where nothing is said.
const PORT: u16 = 1010;

/// Where the trader is.
#[derive(Clone, Debug, clap::Args)]
pub struct TraderArgs {
    /// Trader on any machine.
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "trader_port")]
    trader: Option<Address>,
    /// Trader on this machine.
    #[arg(long, value_name = "PORT", default_value_t = PORT,
        value_parser = clap::value_parser!(u16).range(1..))]
    trader_port: u16,
    #[command(flatten)]
    tls: Tls,
    /// The plan that it is of, if it was named by one.
    #[arg(skip)]
    plan: Option<PathBuf>,
}

/// Where the trader is, and how long its answer may take.
#[derive(Clone, Debug, clap::Args)]
pub struct CallArgs {
    #[command(flatten)]
    trader: TraderArgs,
    /// Longest wait for the whole answer.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = longer_than_nothing)]
    timeout: Duration,
}

/// A trader that is asked something once.
#[derive(Debug)]
pub struct Trader {
    address: Address,
    plan: Option<PathBuf>,
    in_the_clear: bool,
    client: Client,
    timeout: Duration,
    deadline: Instant,
}

impl TraderArgs {
    /// Where the trader is.
    pub fn address(&self) -> Address {
        self.trader.clone().unwrap_or_else(|| Address::local(self.trader_port))
    }

    /// How it is dialled.
    pub fn dialer(&self) -> Result<Dialer, Failure> {
        Ok(Dialer::over_tcp(self.tls.open(Clock::system())?))
    }

    /// Whether it is the trader that is meant where nothing is said.
    pub fn is_default(&self) -> bool {
        self.trader.is_none() && self.trader_port == PORT && self.tls.files().is_none()
    }

    /// Where the journal of a trader on this machine is, if nobody has said otherwise.
    pub fn default_journal(&self) -> Option<PathBuf> {
        if self.trader.is_some() {
            return None;
        }
        default_journal(self.trader_port).ok()
    }

    /// Its certificate, if it shows one.
    pub fn tls(&self) -> &Tls {
        &self.tls
    }

    /// The same of a trader of a plan, on this machine; with a certificate, if there is one.
    pub fn of_plan(&self, plan: &Path, port: u16, files: Option<Files>) -> Self {
        let tls = files.map_or_else(
            || self.tls.clone(),
            |Files { ca, certificate, key }| Tls {
                ca: Some(ca),
                certificate: Some(certificate),
                key: Some(key),
            },
        );
        Self {
            trader: Some(Address::local(port)),
            tls,
            plan: Some(plan.to_owned()),
            ..self.clone()
        }
    }
}

impl CallArgs {
    /// Where the trader is.
    pub fn flags(&self) -> &TraderArgs {
        &self.trader
    }

    /// Longest wait for the whole answer.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The same of another trader.
    pub fn of(&self, trader: TraderArgs) -> Self {
        Self { trader, timeout: self.timeout }
    }

    /// The trader; its time starts to run.
    pub fn trader(&self) -> Result<Trader, Failure> {
        let address = self.trader.address();
        Ok(Trader {
            client: client(&address, &self.trader.dialer()?),
            in_the_clear: self.trader.tls.files().is_none(),
            plan: self.trader.plan.clone(),
            address,
            timeout: self.timeout,
            deadline: Instant::now() + self.timeout,
        })
    }
}

/// Where the journal of the trader on `port` is by default, by this process's environment.
pub fn default_journal(port: u16) -> Result<PathBuf, NoStateDirectory> {
    default_path(port, |variable| std::env::var_os(variable))
}

/// A client of the trader at `address`, which dials at its first call.
pub fn client(address: &Address, dialer: &Dialer) -> Client {
    let channel = dialer.channel(address, Role::Trader);
    Client::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX)
}

impl Trader {
    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Asks once.
    pub async fn ask<T>(
        &self,
        call: impl AsyncFnOnce(Client) -> Result<Response<T>, Status>,
    ) -> Result<T, Failure> {
        match timeout_at(self.deadline, call(self.client.clone())).await {
            Ok(Ok(answer)) => Ok(answer.into_inner()),
            Ok(Err(status)) => Err(self.failure(&status)),
            Err(_) => Err(self.silent()),
        }
    }

    /// Asks until there is an answer, a refusal, or no time left: for calls that may be repeated.
    pub async fn insist<T>(
        &self,
        rng: &mut impl Rng,
        mut call: impl AsyncFnMut(Client) -> Result<Response<T>, Status>,
    ) -> Result<T, retry::Failure> {
        retry::until(self.deadline, TRY_TIMEOUT.min(self.timeout), rng, async |_| {
            call(self.client.clone()).await.map(Response::into_inner)
        })
        .await
    }

    /// What a failed call means: 1 out of reach or refused, 3 not found, 5 no answer in time.
    pub fn failure(&self, status: &Status) -> Failure {
        if was_silent(status) {
            return self.silent();
        }
        let (address, cause) = (&self.address, printable(&root_cause(status)));
        if is_transport(status) {
            // A server with TLS closes a connection in the clear at once, and cannot say why.
            let tls = if self.in_the_clear {
                "; if it has mutual TLS, give --tls-ca, --tls-cert and --tls-key"
            } else {
                ""
            };
            return Exit::Failed.because(format!(
                "trader {address} is out of reach: {cause}; {}{tls}",
                self.remedy(status)
            ));
        }
        // OUT_OF_RANGE: a minute that is not kept any more.
        let missing = matches!(status.code(), Code::NotFound | Code::OutOfRange);
        let exit = if missing { Exit::NotFound } else { Exit::Failed };
        exit.because(format!("trader {address} refused: {cause}"))
    }

    fn remedy(&self, status: &Status) -> String {
        match &self.plan {
            Some(plan) if !root_cause(status).starts_with("TLS: ") => {
                format!("start it, alone or with `minutehand up {}`", plan.display())
            }
            Some(_) | None => remedy(status).to_owned(),
        }
    }

    fn silent(&self) -> Failure {
        Exit::TimedOut.because(format!(
            "no answer from trader {} within {}; it hangs, or the network does: look at its log",
            self.address,
            humantime::format_duration(self.timeout)
        ))
    }
}

/// Whether the peer was there but said nothing: no answer by a deadline, or to a keepalive probe.
fn was_silent(status: &Status) -> bool {
    if !is_transport(status) {
        return matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled);
    }
    // hyper's error for it has no type of its own.
    let mut causes = std::iter::successors(status.source(), |&cause| cause.source());
    causes.any(|cause| cause.to_string() == "keep-alive timed out")
}
