//! Taking a name off the trader's list, however often the call must be repeated.

use std::time::Duration;

use chassis::{
    channel::{ANSWER_BYTES_MAX, Address, Dialer},
    exit::{Exit, Failure},
    name::Name,
    retry::{self, TRY_TIMEOUT},
    sent::Noting,
    status,
    tls::Role,
};
use proto::v1::{DeregisterRequest, trader_service_client::TraderServiceClient};
use rand::Rng;
use tokio::time::Instant;
use tonic::{Code, Request, Status};

/// What an operator wants.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Strategy to take off the list.
    pub name: Name,
    /// Where its trader is.
    pub trader: Address,
    /// How long to try.
    pub timeout: Duration,
    /// Who wants it, for the trader's journal.
    pub operator: String,
}

/// Takes the name off the list: done once this returns without a failure.
pub async fn deregister(wish: &Wish, dialer: &Dialer, rng: &mut impl Rng) -> Result<(), Failure> {
    let link = Noting::new(dialer.channel(&wish.trader, Role::Trader));
    let client = TraderServiceClient::new(link.clone()).max_decoding_message_size(ANSWER_BYTES_MAX);
    let message = DeregisterRequest {
        name: wish.name.to_string(),
        instance: String::new(),
        epoch: 0,
        operator: wish.operator.clone(),
    };
    // Whether some try so far may have been carried out without our hearing of it.
    let mut perhaps_done = false;
    let deadline = Instant::now() + wish.timeout;
    let tried = retry::until(deadline, TRY_TIMEOUT, rng, async |allowed| {
        let mut request = Request::new(message.clone());
        request.set_timeout(allowed);
        // The try before this one was cut off while it waited for its answer.
        perhaps_done |= link.take();
        let answer = client.clone().deregister(request).await;
        let was_sent = link.take();
        perhaps_done |= was_sent && answer.as_ref().is_err_and(is_outcome_unknown);
        answer
    });
    match tried.await {
        Ok(_) => Ok(()),
        Err(failure) if failure.status.code() == Code::NotFound && perhaps_done => Ok(()),
        Err(failure) => Err(explain(wish, &failure)),
    }
}

/// Whether a request that was sent may have been carried out: no answer came, or one that says that it
/// is being written still.
fn is_outcome_unknown(status: &Status) -> bool {
    let unwritten = || status::reason(status).as_deref() == Some("journal");
    status::is_transport(status) || status::is_silence(status) || unwritten()
}

fn explain(wish: &Wish, failure: &retry::Failure) -> Failure {
    let Wish { name, trader, .. } = wish;
    let status = &failure.status;
    if status::is_silence(status) {
        return Exit::TimedOut.because(format!(
            "no answer from trader {trader}: {failure}; {name} may still be registered: `minutehand status` tells"
        ));
    }
    if status::is_transport(status) {
        return Exit::Failed.because(format!(
            "trader {trader} is out of reach: {failure}; {}",
            status::remedy(status)
        ));
    }
    if status.code() == Code::NotFound {
        return Exit::NotFound.because(format!(
            "no strategy {name} is registered at trader {trader}; `minutehand status` lists the names"
        ));
    }
    Exit::Failed.because(format!("trader {trader} did not deregister {name}: {failure}"))
}
