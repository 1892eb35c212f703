//! Whoever runs the system: takes names off the list, halts and resumes, with the shipped calls.

use std::time::Duration;

use chassis::{
    channel::Dialer,
    exit::Exit,
    grid::Interval,
    retry::{self, TRY_TIMEOUT},
};
use deregister::call::{Wish, deregister};
use futures_util::{StreamExt as _, stream};
use rand::{SeedableRng as _, rngs::StdRng};
use tokio::{sync::mpsc, time::Instant};
use tonic::Code;

use super::{
    calls::{BY, client, make, refused},
    network::{TRADER_PORT, address, dialer},
    plan::TRADER,
    stage,
};
use crate::record::{Answer, Call, Refused, What};

/// How long a command tries, as the shipped ones do.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);

/// What an operator is told to do; with a number that its record carries.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) id: u64,
    pub(crate) call: Call,
}

/// Carries out orders, each at once.
pub(crate) async fn operate(
    interval: Interval,
    orders: mpsc::Receiver<Order>,
    mut rng: StdRng,
) -> turmoil::Result {
    let orders = stream::unfold(orders, async |mut orders| Some((orders.recv().await?, orders)));
    let orders = orders.map(|order| (order, StdRng::from_rng(&mut rng)));
    orders
        .for_each_concurrent(None, async |(Order { id, call }, rng)| {
            stage::see(What::Asked { id, call: call.clone() });
            let outcome = carry_out(interval, call, rng).await;
            stage::see(What::Answered { id, outcome });
        })
        .await;
    Ok(())
}

async fn carry_out(interval: Interval, call: Call, mut rng: StdRng) -> Result<Answer, Refused> {
    if let Call::Deregister { name } = &call {
        return take_off(name, &dialer(), rng).await;
    }
    let client = client();
    let deadline = Instant::now() + COMMAND_TIMEOUT;
    let tried = retry::until(deadline, TRY_TIMEOUT, &mut rng, async |_| {
        make(client.clone(), interval, call.clone()).await
    });
    tried.await.map(|(answer, _)| answer).map_err(|failure| refused(&failure.status))
}

async fn take_off(name: &str, dialer: &Dialer, mut rng: StdRng) -> Result<Answer, Refused> {
    let wish = Wish {
        name: name.parse().expect("strategies have short names"),
        trader: address(TRADER, TRADER_PORT),
        timeout: COMMAND_TIMEOUT,
        operator: BY.to_owned(),
    };
    deregister(&wish, dialer, &mut rng).await.map(|()| Answer::Done).map_err(|failure| {
        let (code, reason) = match failure.exit {
            Exit::NotFound => (Code::NotFound, Some("unknown".to_owned())),
            Exit::TimedOut => (Code::DeadlineExceeded, None),
            Exit::Failed | Exit::Usage | Exit::NotOk | Exit::Refused => (Code::Unavailable, None),
        };
        Refused { code, reason, message: failure.message }
    })
}
