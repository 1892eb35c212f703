//! Callers of another version: fields that this one does not know, and fields that it would like.

use chassis::{
    channel::{Address, Dialer},
    tls::Role,
};
use proto::v1::{DeregisterResponse, GetMedianRequest};
use tonic::{Code, Request, client::Grpc, codegen::http::uri::PathAndQuery};
use tonic_prost::ProstCodec;

use super::system::{System, client, median_of};

/// A `DeregisterRequest` of times to come.
#[derive(Clone, PartialEq, prost::Message)]
struct Newer {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, tag = "4")]
    operator: String,
    #[prost(string, tag = "1000")]
    mood: String,
    #[prost(fixed64, tag = "1001")]
    lucky_number: u64,
}

#[tokio::test]
async fn fault_67_a_newer_caller_is_understood_as_far_as_this_version_goes() {
    let mut system = System::start().await;
    let channel = Dialer::tcp().channel(&Address::local(system.trader.port), Role::Trader);
    let mut newer = Grpc::new(channel);
    let path = || PathAndQuery::from_static("/minutehand.v1.TraderService/Deregister");
    let mut ask = async |name: &str, operator: &str| {
        newer.ready().await.unwrap();
        let (name, operator) = (name.to_owned(), operator.to_owned());
        let newer_request = Newer { name, operator, mood: "sanguine".to_owned(), lucky_number: 7 };
        let codec: ProstCodec<Newer, DeregisterResponse> = ProstCodec::default();
        newer.unary(Request::new(newer_request), path(), codec).await
    };
    assert_eq!(ask("nobody", "ann@desk").await.unwrap_err().code(), Code::NotFound);
    ask("Y", "ann@desk").await.unwrap();
    system.y.exits_with(6).await;
    median_of(&mut system.trader, 1).await;

    // What this version would like to know and is not told is refused, or has a default.
    assert_eq!(ask("X", "").await.map_err(|status| status.code()).err(), None);
    system.x.exits_with(6).await;
    let mut client = client(&system.trader);
    let refused = client.register(proto::v1::RegisterRequest::default()).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument, "{refused:?}");
    let refused = client.get_median(GetMedianRequest {}).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
    system.all_is_well().await;
}
