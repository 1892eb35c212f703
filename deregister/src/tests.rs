//! The command against a trader that follows a script, on a paused clock.

use std::{
    collections::VecDeque,
    future::pending,
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chassis::{
    channel::{Address, Dialer},
    server::Routes,
    status,
};
use hyper_util::rt::TokioIo;
use proto::v1::{
    self, DeregisterRequest, DeregisterResponse,
    trader_service_server::{TraderService, TraderServiceServer},
};
use rand::{SeedableRng as _, rngs::StdRng};
use tempfile::TempDir;
use tokio::{
    net::{UnixListener, UnixStream},
    time::Instant,
};
use tokio_stream::wrappers::{ReceiverStream, UnixListenerStream};
use tonic::{
    Code, Request, Response, Status,
    transport::{Server, Uri},
};

use crate::call::{Wish, deregister};

type Answer<T> = Result<Response<T>, Status>;

#[derive(Clone, Copy, Debug)]
enum Turn {
    /// Nobody listens, for a second.
    Down,
    /// A dial is not answered.
    BlackHole,
    Refuse(Code, &'static str),
    /// No answer.
    Hang,
}

/// Follows its script, and then deregisters whatever it is asked to.
#[derive(Clone, Debug)]
struct FakeTrader {
    turns: Arc<Mutex<VecDeque<Turn>>>,
    asked: Arc<Mutex<Vec<DeregisterRequest>>>,
}

/// Exit code, message, seconds that it took, and what the trader was asked.
struct Ended {
    exit: u8,
    message: String,
    seconds: f64,
    asked: Vec<DeregisterRequest>,
}

/// Dials `socket`, after so many dials that are not answered.
fn dialer(socket: PathBuf, holes: usize) -> Dialer {
    let dials = Arc::new(AtomicUsize::new(0));
    Dialer::new(move |endpoint| {
        let (socket, dials) = (socket.clone(), Arc::clone(&dials));
        endpoint.connect_with_connector_lazy(tower::service_fn(move |_: Uri| {
            let (socket, dial) = (socket.clone(), dials.fetch_add(1, Ordering::Relaxed));
            connect(socket, dial < holes)
        }))
    })
}

async fn connect(socket: PathBuf, is_hole: bool) -> io::Result<TokioIo<UnixStream>> {
    if is_hole {
        pending::<()>().await;
    }
    UnixStream::connect(socket).await.map(TokioIo::new)
}

/// Deregisters `X` within five seconds at a trader that follows `turns`.
async fn run(turns: &[Turn]) -> Ended {
    let directory = TempDir::new().unwrap();
    let socket = directory.path().join("trader");
    let holes = turns.iter().take_while(|turn| matches!(turn, Turn::BlackHole)).count();
    let dialer = dialer(socket.clone(), holes);
    let turns = &turns[holes..];
    let down = turns.iter().take_while(|turn| matches!(turn, Turn::Down)).count();
    let trader = FakeTrader {
        turns: Arc::new(Mutex::new(turns[down..].iter().copied().collect())),
        asked: Arc::default(),
    };
    let wish = Wish {
        name: "X".parse().unwrap(),
        trader: Address::local(1010),
        timeout: Duration::from_secs(5),
        operator: "ann@desk".to_owned(),
    };
    let routes = Routes::default().with(TraderServiceServer::new(trader.clone()), &[]);
    drop(UnixListener::bind(&socket).unwrap());
    let serving = async {
        tokio::time::sleep(Duration::from_secs(down as u64)).await;
        std::fs::remove_file(&socket).unwrap();
        let incoming = UnixListenerStream::new(UnixListener::bind(&socket).unwrap());
        Server::builder().serve_with_incoming(routes, incoming).await
    };
    let start = Instant::now();
    let mut rng = StdRng::seed_from_u64(1);
    let result = tokio::select! {
        biased;
        result = deregister(&wish, &dialer, &mut rng) => result,
        served = serving => panic!("{served:?}"),
    };
    let (exit, message) = match result {
        Ok(()) => (0, String::new()),
        Err(failure) => (failure.exit as u8, failure.message),
    };
    let asked = trader.asked.lock().unwrap().clone();
    Ended { exit, message, seconds: start.elapsed().as_secs_f64(), asked }
}

#[tokio::test(start_paused = true)]
async fn r5_an_operator_deregisters_any_name() {
    let ended = run(&[]).await;
    assert_eq!((ended.exit, ended.asked.len()), (0, 1));
    let asked = &ended.asked[0];
    assert_eq!((&*asked.name, &*asked.operator), ("X", "ann@desk"));
    assert_eq!((&*asked.instance, asked.epoch), ("", 0), "an operator's request names no process");
}

#[tokio::test(start_paused = true)]
async fn r5_an_unknown_name_is_not_found() {
    let ended = run(&[Turn::Refuse(Code::NotFound, "unknown")]).await;
    assert_eq!(ended.exit, 3);
    assert_eq!(
        ended.message,
        "no strategy X is registered at trader 127.0.0.1:1010; `minutehand status` lists the names"
    );
}

#[tokio::test(start_paused = true)]
async fn r5_an_unknown_name_is_done_when_an_earlier_try_may_have_done_it() {
    let unknown = Turn::Refuse(Code::NotFound, "unknown");
    for (turns, exit) in [
        (vec![Turn::Hang, unknown], 0),
        (vec![Turn::Hang, Turn::Refuse(Code::Unavailable, "journal"), unknown], 0),
        // It was off the list at once, and is on disk since.
        (vec![Turn::Refuse(Code::Unavailable, "journal"), unknown], 0),
        (vec![Turn::Down, Turn::Down, unknown], 3),
        (vec![Turn::Down, Turn::Hang, unknown], 0),
        // What was cut off while it was dialled cannot have been carried out.
        (vec![Turn::BlackHole, unknown], 3),
        (vec![Turn::BlackHole, Turn::Hang, unknown], 0),
    ] {
        assert_eq!(run(&turns).await.exit, exit, "{turns:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn c3_a_trader_that_comes_back_in_time_is_asked() {
    let ended = run(&[Turn::Down, Turn::Down]).await;
    assert_eq!(ended.exit, 0);
    assert!((2.0..3.1).contains(&ended.seconds), "{}", ended.seconds);
}

#[tokio::test(start_paused = true)]
async fn c3_out_of_reach_is_1_and_silence_is_5() {
    for (turns, exit, start) in [
        (vec![Turn::Down; 9], 1, "trader 127.0.0.1:1010 is out of reach: connection refused, "),
        (vec![Turn::Hang; 9], 5, "no answer from trader 127.0.0.1:1010: "),
        (
            vec![Turn::Refuse(Code::Unavailable, "journal"); 99],
            1,
            "trader 127.0.0.1:1010 did not deregister X: journal, ",
        ),
    ] {
        let ended = run(&turns).await;
        assert_eq!(ended.exit, exit, "{}", ended.message);
        assert!(ended.message.starts_with(start), "{}", ended.message);
        assert!(ended.message.contains(" in 5.0 s"), "{}", ended.message);
        assert!((5.0..5.1).contains(&ended.seconds), "{}", ended.seconds);
    }
}

#[tokio::test(start_paused = true)]
async fn c3_a_refusal_is_1_at_once() {
    let ended = run(&[Turn::Refuse(Code::PermissionDenied, "operators only")]).await;
    assert_eq!((ended.exit, ended.asked.len()), (1, 1));
    assert_eq!(ended.message, "trader 127.0.0.1:1010 did not deregister X: operators only");
}

#[tonic::async_trait]
impl TraderService for FakeTrader {
    type RegisterStream = ReceiverStream<Result<v1::RegisterResponse, Status>>;
    type WatchStream = ReceiverStream<Result<v1::WatchResponse, Status>>;

    async fn deregister(&self, request: Request<DeregisterRequest>) -> Answer<DeregisterResponse> {
        self.asked.lock().unwrap().push(request.into_inner());
        let turn = self.turns.lock().unwrap().pop_front();
        match turn {
            None => Ok(Response::new(DeregisterResponse::default())),
            Some(Turn::Hang) => pending().await,
            Some(Turn::Refuse(code, reason)) => Err(status::refusal(code, reason, reason, [])),
            Some(Turn::Down | Turn::BlackHole) => panic!("it is out of reach only at first"),
        }
    }

    async fn register(&self, _: Request<v1::RegisterRequest>) -> Answer<Self::RegisterStream> {
        Err(Status::unimplemented("not an operator's call"))
    }

    async fn submit(&self, _: Request<v1::SubmitRequest>) -> Answer<v1::SubmitResponse> {
        Err(Status::unimplemented("not an operator's call"))
    }

    async fn get_median(&self, _: Request<v1::GetMedianRequest>) -> Answer<v1::GetMedianResponse> {
        Err(Status::unimplemented("not this command's call"))
    }

    async fn get_status(&self, _: Request<v1::GetStatusRequest>) -> Answer<v1::GetStatusResponse> {
        Err(Status::unimplemented("not this command's call"))
    }

    async fn watch(&self, _: Request<v1::WatchRequest>) -> Answer<Self::WatchStream> {
        Err(Status::unimplemented("not this command's call"))
    }

    async fn explain(&self, _: Request<v1::ExplainRequest>) -> Answer<v1::ExplainResponse> {
        Err(Status::unimplemented("not this command's call"))
    }

    async fn halt(&self, _: Request<v1::HaltRequest>) -> Answer<v1::HaltResponse> {
        Err(Status::unimplemented("not this command's call"))
    }

    async fn resume(&self, _: Request<v1::ResumeRequest>) -> Answer<v1::ResumeResponse> {
        Err(Status::unimplemented("not this command's call"))
    }
}
