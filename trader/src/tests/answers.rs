//! Answers that are about the trader itself, or about the past: explanations, pages, overload.

use chassis::{grid::Minute, status, wire::timestamp};
use proto::v1::{
    ExplainRequest, ExplainResponse, GetMedianRequest, GetStatusRequest, SubmitRequest,
};
use tokio::task::JoinSet;

use super::{
    Client, World,
    callers::signal,
    shown::{causes, refusal, verdict},
    start, time,
};
use crate::{
    handle::{About, Handle, REQUESTS_MAX},
    service::{ACCESS, Service},
};

impl World {
    pub(super) async fn explain(
        &self,
        minute: &str,
        after: &str,
        page_size: u32,
    ) -> ExplainResponse {
        let (minute, page_token) = (Some(timestamp(time(minute))), after.to_owned());
        let request = ExplainRequest { minute, page_size, page_token };
        self.client.clone().explain(request).await.unwrap().into_inner()
    }
}

#[tokio::test(start_paused = true)]
async fn j5_an_explanation_says_who_said_what_from_what() {
    let world = start("12:00:30");
    let (x, _y, z) =
        (world.register("X").await, world.register("Y").await, world.register("Z").await);
    world.reach("12:01:00").await;
    let unknown =
        ExplainRequest { minute: Some(timestamp(time("12:01:00"))), ..Default::default() };
    assert_eq!(
        refusal(&world.client.clone().explain(unknown).await.unwrap_err()),
        "NotFound unknown: unknown: the journal has no verdict for minute 2026-11-20T12:01:00Z"
    );
    x.decide("12:01:00", 0.5).await;
    z.abstain("12:01:00", "no data").await;
    world.reach("12:01:10").await;
    let all = world.explain("12:01:00", "", 0).await;
    assert_eq!(verdict(&all.verdict.unwrap()), "12:01:00 FAILED Y SILENT, Z ABSTAINED");
    assert_eq!(all.submissions[0].signals, [signal("12:01:00", 0.5)]);
    let names: Vec<_> = all.submissions.iter().map(|said| said.strategy.as_str()).collect();
    assert_eq!((names, all.next_page_token.as_str()), (vec!["X", "Z"], ""));

    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let page = world.explain("12:01:00", &token, 1).await;
        let names: Vec<_> = page.submissions.iter().map(|said| said.strategy.clone()).collect();
        pages.push(format!("{} | {}", names.join(", "), causes(&page.causes)));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(pages, ["X | ", " | Y SILENT", "Z | Z ABSTAINED"]);
}

#[tokio::test(start_paused = true)]
async fn j5_a_long_explanation_is_cut_by_bytes_without_losing_anybody() {
    let world = start("12:00:30");
    let mut strategies = Vec::new();
    for index in 10..20 {
        strategies.push(world.register(&format!("S{index}")).await);
    }
    world.reach("12:01:00").await;
    for strategy in strategies.iter().filter(|strategy| strategy.name != "S13") {
        let signals = (0..64).map(|index| proto::v1::Signal {
            generator: format!("{}-{index}", "g".repeat(60)),
            run_id: "r".repeat(64),
            ..signal("12:01:00", 0.5)
        });
        let submission =
            SubmitRequest { signals: signals.collect(), ..strategy.decision("12:01:00", 0.5) };
        assert_eq!(strategy.submit(submission).await, "accepted");
    }
    world.reach("12:01:10").await;
    let (mut names, mut blamed, mut pages) = (Vec::new(), String::new(), 0);
    let mut token = String::new();
    loop {
        let page = world.explain("12:01:00", &token, 0).await;
        pages += 1;
        names.extend(page.submissions.into_iter().map(|said| said.strategy));
        blamed += &causes(&page.causes);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let all: Vec<String> =
        (10..20).filter(|index| *index != 13).map(|index| format!("S{index}")).collect();
    assert_eq!((names, blamed.as_str()), (all, "S13 SILENT"));
    assert_eq!(pages, 3);
}

#[tokio::test(start_paused = true)]
async fn the_status_comes_in_pages_by_name() {
    let world = start("12:00:30");
    let mut sessions = Vec::new();
    for index in 0..120 {
        sessions.push(world.register(&format!("S{index:03}")).await);
    }
    let mut sizes = Vec::new();
    let mut names = Vec::new();
    let mut request = GetStatusRequest { page_size: 1_000_000, page_token: String::new() };
    loop {
        let page = world.client.clone().get_status(request.clone()).await.unwrap().into_inner();
        assert_eq!(page.strategies_total, 120);
        sizes.push(page.strategies.len());
        names.extend(page.strategies.into_iter().map(|strategy| strategy.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(sizes, [50, 50, 20]);
    assert!(names.is_sorted() && names.len() == 120);
}

#[tokio::test(start_paused = true)]
async fn fault_54_when_too_many_wait_the_next_one_is_refused_at_once() {
    let world = start("12:00:30");
    let timing = super::config().timing;
    let (started_at, begun) =
        (time("12:00:30"), Minute::first_after(time("12:00:30"), timing.interval));
    let about = About { started_at, journal: "j".into(), begun, timing, called: "t".into() };
    let (handle, queue) = Handle::new(about);
    let service = proto::v1::trader_service_server::TraderServiceServer::new(Service::new(
        handle,
        world.clock,
    ));
    let client = Client::new(chassis::server::Routes::default().with(service, ACCESS));
    let mut waiting = JoinSet::new();
    for _ in 0..REQUESTS_MAX {
        let mut client = client.clone();
        waiting.spawn(async move { client.get_median(GetMedianRequest {}).await });
    }
    world.breathe().await;
    let refused = client.clone().get_median(GetMedianRequest {}).await.unwrap_err();
    assert_eq!(
        refusal(&refused),
        "ResourceExhausted overload: overload: too many requests are waiting; try again"
    );
    drop(queue);
    while let Some(answer) = waiting.join_next().await {
        let refused = answer.unwrap().unwrap_err();
        assert_eq!(
            refusal(&refused),
            "Unavailable stopping: stopping: the trader is on its way down; reconnect"
        );
        assert_eq!(
            status::fact(&refused, "trader_time").as_deref(),
            Some("2026-11-20T12:00:30.002Z")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn reads_that_would_wait_too_long_are_refused() {
    let world = start("12:00:30");
    world.disk.hangs();
    let mut waiting = JoinSet::new();
    let minute = Some(timestamp(time("12:00:00")));
    // One is being read, sixteen wait.
    for _ in 0..18 {
        let mut client = world.client.clone();
        let request = ExplainRequest { minute, ..Default::default() };
        waiting.spawn(async move { refusal(&client.explain(request).await.unwrap_err()) });
        world.breathe().await;
    }
    assert_eq!(
        waiting.join_next().await.unwrap().unwrap(),
        "ResourceExhausted overload: overload: too many reads of the journal are waiting; try again"
    );
    world.disk.works();
    let rest = waiting.join_all().await;
    assert_eq!(rest.len(), 17);
    assert!(rest.iter().all(|answer| answer.starts_with("NotFound unknown")), "{rest:?}");
}
