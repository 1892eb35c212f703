//! Plans: one is refused with a word of why, or holds together.

use minutehand::plan::{Plan, Source};

/// The text of a plan.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let plan = match Plan::parse("plan.toml", text) {
        Ok(plan) => plan,
        Err(error) => return refused(&error.to_string()),
    };
    plan.timing.patience(plan.patience).expect("settings fit each other");
    assert!(!plan.traders.is_empty(), "{plan:?}");
    let servers = plan.generators.len();
    for strategy in &plan.strategies {
        assert!(strategy.trader < plan.traders.len(), "{strategy:?}");
        assert!(!strategy.signals.is_empty(), "{strategy:?}");
        for source in &strategy.signals {
            assert!(!matches!(source, Source::Generator(place) if *place >= servers), "{source:?}");
        }
    }
}

/// Says which plan, and nothing that steers a terminal; where in the file, on lines of its own.
fn refused(error: &str) {
    assert!(error.starts_with("plan plan.toml: "), "{error:?}");
    assert!(!error.chars().any(|c| c.is_control() && c != '\n'), "{error:?}");
}
