//! Whether a trader waits for the strategies that a plan has for it. Pure.

use chassis::name::Name;
use proto::v1::StrategyStatus;

use super::finding::Finding;

/// Those that it goes on without: they were not started yet, or were taken off its list. Whoever it expects
/// and misses is named by its state.
pub(super) fn left_out(trader: &str, planned: &[Name], known: &[StrategyStatus]) -> Vec<Finding> {
    let is_known = |name: &&Name| known.iter().any(|one| one.name == name.as_str());
    let finding = |name: &Name| {
        let subject = format!("{name} ({trader})");
        Finding::warn("strategy", &subject, "it is in the plan, and the trader goes on without it")
            .so("start it, if it should take part; after a deregistration `up` does not")
    };
    planned.iter().filter(|name| !is_known(name)).map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t6_who_is_planned_and_not_waited_for_is_said() {
        let known = |name: &str, registered| StrategyStatus {
            name: name.to_owned(),
            registered,
            ..StrategyStatus::default()
        };
        let planned = ["X", "Y", "Z"].map(|name| name.parse().unwrap());
        let found = left_out("trader main", &planned, &[known("X", true), known("Z", false)]);
        let lines: Vec<_> = found.iter().map(Finding::line).collect();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines[0].starts_with("warn  strategy of Y (trader main): it is in the plan"),
            "{lines:?}"
        );
    }
}
