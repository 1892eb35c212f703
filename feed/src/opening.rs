//! A recording that is gone on with: read while others wait for nothing.

use std::path::Path;

use tokio::{select, sync::mpsc, task::spawn_blocking, time::Instant};
use tracing::{info, warn};

use crate::{
    asking::Ask,
    recorder::{Recorder, RecorderError},
    recording::Heard,
    signals::{NoSignal, Signals},
};

/// Opens a recording. What is in it already is heard first, which takes a while when it is long; whoever asks
/// meanwhile is told so.
#[expect(clippy::disallowed_methods, reason = "it takes as long as it takes to read a file")]
pub(crate) async fn opened(
    file: &Path,
    here: Heard,
    mut signals: Signals,
    asked: &mut mpsc::Receiver<Ask>,
) -> Result<(Signals, Recorder), RecorderError> {
    let (path, interval, begun) = (file.to_owned(), here.interval, Instant::now());
    let mut reading = spawn_blocking(move || {
        let opened = Recorder::open(&path, &here, |at, event| signals.apply(at, event));
        opened.map(|(recorder, torn)| (signals, recorder, torn))
    });
    let read = loop {
        select! {
            biased;
            read = &mut reading => break read.expect("reading does not panic"),
            Some(Ask { minute, answer }) = asked.recv() => {
                let (minute, why) = (minute.previous(interval), "the recording is being read".into());
                drop(answer.send(Err(NoSignal::NotYet { minute, why })));
            }
        }
    };
    let (signals, recorder, torn) = read?;
    let file = file.display();
    if torn > 0 {
        warn!("recording {file}: half a line was at its end, {torn} bytes are cut off");
    }
    info!("what is said is recorded into {file}, which was read in {:.1?}", begun.elapsed());
    Ok((signals, recorder))
}
