//! What one check plays on: a trader, generators, and the client under test.

use std::{future::pending, time::Duration};

use chassis::{
    clock::Clock,
    grid::{Minute, Timestamp, Timing},
    wire,
};
use proto::v1::{
    DeregisterRequest, RegisterRequest, Signal, SubmitRequest, submit_request::Content,
};
use tokio::{sync::mpsc, time::sleep};

use crate::{
    client::{Client, Links, Template},
    generator::Generator,
    served::Port,
    trader::{Call, Trader},
    wrong::{Outcome, Wrong, expect, wrong},
};

/// Name that every client registers.
pub(crate) const NAME: &str = "C";

/// What was sent in time is heard within this after it, also on a busy machine.
pub(crate) const ON_THE_WAY: Duration = Duration::from_millis(250);

/// A client starts, and says what it is waited for, within this, and a few minutes.
const PATIENCE: Duration = Duration::from_secs(10);

/// The stage of one check.
#[derive(Debug)]
pub struct Stage {
    /// What tells the time.
    pub clock: Clock,
    /// Settings of the minutes.
    pub timing: Timing,
    template: Template,
    /// The trader.
    pub trader: Trader,
    /// Where it is.
    pub trader_port: Port,
    calls: mpsc::Receiver<Call>,
    /// The generators, and where they are.
    pub generators: Vec<(Generator, Port)>,
    client: Option<Client>,
    said: Vec<String>,
}

/// What a client said of a minute, and when that was heard.
#[derive(Clone, Debug)]
pub struct Word {
    /// As it came.
    pub submission: SubmitRequest,
    /// When it came.
    pub at: Timestamp,
    /// The minute that it is of.
    pub minute: Minute,
}

impl Stage {
    /// With so many generators. The trader is down.
    pub fn new(template: &Template, timing: Timing, generators: usize) -> Result<Self, Wrong> {
        let clock = Clock::system();
        let (trader, calls) = Trader::new(clock, timing);
        let mut stage = Self {
            clock,
            timing,
            template: template.clone(),
            trader,
            trader_port: Port::free()?,
            calls,
            generators: Vec::new(),
            client: None,
            said: Vec::new(),
        };
        for index in 0..u32::try_from(generators).unwrap_or(u32::MAX) {
            let generator = Generator::new(clock, timing.interval, &format!("g{index}"), {
                let (first, interval) =
                    (Minute::containing(clock.wall(), timing.interval), timing.interval);
                move |minute| value(index, minute.count_from(first, interval))
            });
            let mut port = Port::free()?;
            port.serve(generator.routes())?;
            stage.generators.push((generator, port));
        }
        Ok(stage)
    }

    /// The trader listens.
    pub fn raise(&mut self) -> Outcome {
        Ok(self.trader_port.serve(self.trader.routes())?)
    }

    /// The trader's process ends.
    pub async fn fell(&mut self) {
        self.trader.hang_up();
        self.trader_port.close().await;
    }

    /// Starts the client, with more words at the end.
    pub fn start_with(&mut self, more: &[&str]) -> Outcome {
        let signal_ports = self.generators.iter().map(|(_, port)| port.number).collect();
        let links = Links {
            name: NAME.to_owned(),
            trader_port: self.trader_port.number,
            signal_ports,
            interval: self.timing.interval,
        };
        self.client = Some(Client::start(&self.template, &links, more)?);
        Ok(())
    }

    /// The trader listens, and the client starts.
    pub fn start(&mut self) -> Outcome {
        self.raise()?;
        self.start_with(&[])
    }

    /// The client.
    pub fn client(&mut self) -> Result<&mut Client, Wrong> {
        self.client.as_mut().ok_or_else(|| wrong("that the client was started", "it was not"))
    }

    /// It is gone; what it said is kept.
    pub async fn end_client(&mut self) {
        if let Some(client) = self.client.take() {
            self.said.extend(client.said().await);
        }
    }

    /// All that the client said; it ends.
    pub async fn said(mut self) -> Vec<String> {
        self.end_client().await;
        self.said
    }

    /// The next call.
    pub async fn call(&mut self, expected: &str) -> Result<Call, Wrong> {
        let within = PATIENCE + 3 * self.timing.interval.duration();
        let client = &mut self.client;
        let gone = async {
            match client {
                Some(client) => client.ended().await,
                None => pending().await,
            }
        };
        let came = tokio::select! {
            biased;
            call = self.calls.recv() => call.ok_or_else(|| "nothing comes any more".to_owned()),
            ended = gone => Err(ended),
            () = sleep(within) => Err(format!("nothing came within {within:?}")),
        };
        came.map_err(|came| wrong(expected, came))
    }

    /// The next registration, which is the next call.
    pub async fn registration(&mut self) -> Result<RegisterRequest, Wrong> {
        match self.call("a registration").await? {
            Call::Register(register) => Ok(register),
            other @ (Call::Submit(_) | Call::Deregister(_)) => {
                Err(wrong("a registration", format_args!("came {other:?}")))
            }
        }
    }

    /// The next submission, passing over registrations.
    pub async fn word(&mut self) -> Result<Word, Wrong> {
        loop {
            match self.call("a submission").await? {
                Call::Submit(submission) => return self.heard(submission),
                Call::Register(_) => {}
                Call::Deregister(call) => {
                    return Err(wrong("a submission", format_args!("came {call:?}")));
                }
            }
        }
    }

    /// The first submission of a later minute, passing over those of the minute of `word`.
    pub async fn later_word(&mut self, word: &Word) -> Result<Word, Wrong> {
        loop {
            let next = self.word().await?;
            if next.minute > word.minute {
                return Ok(next);
            }
        }
    }

    /// The next deregistration, passing over the rest.
    pub async fn deregistration(&mut self) -> Result<DeregisterRequest, Wrong> {
        loop {
            if let Call::Deregister(call) = self.call("a deregistration").await? {
                return Ok(call);
            }
        }
    }

    /// The calls that have come and were not looked at.
    pub fn unheard(&mut self) -> Vec<Call> {
        std::iter::from_fn(|| self.calls.try_recv().ok()).collect()
    }

    /// Lets time pass.
    pub async fn wait(&self, time: Duration) {
        sleep(time).await;
    }

    /// How long a strategy tries before it abstains.
    pub fn patience(&self) -> Duration {
        self.timing.grace * 4 / 5
    }

    fn heard(&self, submission: SubmitRequest) -> Result<Word, Wrong> {
        let at = self.clock.wall();
        let start = submission.minute.and_then(|at| wire::read_timestamp(at).ok());
        let minute = start.and_then(|start| Minute::starting(start, self.timing.interval).ok());
        let minute = minute.ok_or_else(|| {
            wrong("a submission of a minute of the grid", format_args!("came {submission:?}"))
        })?;
        Ok(Word { submission, at, minute })
    }
}

/// Another value for each generator, and for each of its minutes.
fn value(generator: u32, minute: u64) -> f64 {
    f64::from(u32::try_from(minute).unwrap_or_default()) / 64.0 + f64::from(generator)
}

impl Word {
    /// The decision; the rule is broken if it is an abstention.
    pub fn decision(&self) -> Result<f64, Wrong> {
        match &self.submission.content {
            Some(Content::Decision(value)) if value.is_finite() => Ok(*value),
            other => Err(wrong("a finite decision", format_args!("came {other:?}"))),
        }
    }

    /// Why there is none; the rule is broken if there is one.
    pub fn abstention(&self) -> Result<&str, Wrong> {
        match &self.submission.content {
            Some(Content::Abstention(cause)) if !cause.is_empty() => Ok(cause),
            other => Err(wrong("an abstention with its cause", format_args!("came {other:?}"))),
        }
    }

    /// How long after its minute began it came.
    pub fn lateness(&self) -> Duration {
        self.at.since(self.minute.start())
    }

    /// The signals behind it are those that these generators give for its minute, each once, in any order.
    pub fn is_of(&self, generators: &[(Generator, Port)]) -> Outcome {
        let start = Some(wire::timestamp(self.minute.start()));
        let given = |generator: &Generator| {
            let value = generator.value(self.minute);
            let is_it = |signal: &&Signal| {
                signal.generator == generator.name
                    && signal.minute == start
                    && signal.value.to_bits() == value.to_bits()
                    && signal.run_id == "r"
            };
            self.submission.signals.iter().filter(is_it).count() == 1
        };
        expect(
            self.submission.signals.len() == generators.len()
                && generators.iter().all(|(generator, _)| given(generator)),
            format!(
                "one signal of {} from each of {} generators, as they gave it",
                self.minute,
                generators.len()
            ),
            &self.submission.signals,
        )
    }

    /// It is the same word, bit by bit, but for what it measures of clocks.
    pub fn repeats(&self, before: &Self) -> Outcome {
        let said = |word: &Self| SubmitRequest { clock_offset: None, ..word.submission.clone() };
        expect(
            said(self) == said(before),
            format!("the same word again: {:?}", said(before)),
            said(self),
        )
    }
}
