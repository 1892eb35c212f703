//! Where traces go, as a flag: there is none in a build that exports none.

#[cfg(feature = "otlp")]
use crate::trace::Endpoint;

/// Traces.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Otlp {
    /// Export a trace of each minute to the OTLP collector at this address, over gRPC, like
    /// `http://127.0.0.1:4317`.
    #[cfg(feature = "otlp")]
    #[arg(id = "otlp", long = "otlp", value_name = "ENDPOINT")]
    pub endpoint: Option<Endpoint>,
}
