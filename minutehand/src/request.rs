//! One request over HTTP/1.1, on a connection of its own.

use std::pin::pin;

use http::{Request, response::Parts};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

/// Sends it, and waits for the head of the answer; what follows is of no interest. An error says why there is
/// none. Whoever calls limits the time.
pub(crate) async fn send<IO>(stream: IO, request: Request<String>) -> Result<Parts, String>
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    let mut connection = Box::pin(connection);
    let mut answered = pin!(sender.send_request(request));
    // The connection moves what the other one waits for; how it ends says less than the answer.
    tokio::select! {
        biased;
        answer = &mut answered => answer,
        ended = &mut connection => match ended {
            Ok(()) => answered.await,
            Err(error) => Err(error),
        },
    }
    .map(|answer| answer.into_parts().0)
    .map_err(|error| format!("no answer in HTTP: {error}"))
}
