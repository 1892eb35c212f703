//! The page of figures says what the parts tell, and alerts and dashboard speak of nothing else.

use std::{collections::BTreeSet, fmt::Write as _};

use chassis::figures::{BUILD_INFO, Family, GRACE, INTERVAL, Kind, SKEW, START_TIME};

use super::{
    Breach, REPOSITORY, caught, holds,
    repository::{Repository, Text},
};

const PAGE: &str = "docs/METRICS.md";
const RULES: &str = "deploy/prometheus/minutehand.rules.yml";
const PLAYED: &str = "deploy/prometheus/minutehand.test.yml";
const DASHBOARD: &str = "deploy/grafana/minutehand.json";

/// What every part has.
const COMMON: [&Family; 5] = [&BUILD_INFO, &START_TIME, &INTERVAL, &GRACE, &SKEW];

fn of_parts() -> [(&'static str, Vec<&'static Family>); 4] {
    let own = |all: &[&'static Family]| {
        all.iter().copied().filter(|family| !COMMON.contains(family)).collect()
    };
    [
        ("Every part", COMMON.to_vec()),
        ("Trader", own(&trader::figures::FAMILIES)),
        ("Generator", own(&generator::FAMILIES)),
        ("Strategy", own(&strategy::figures::FAMILIES)),
    ]
}

/// The tables of the page, as they have to be.
fn tables() -> String {
    let mut tables = String::new();
    for (part, families) in of_parts() {
        let _infallible =
            write!(tables, "## {part}\n\n| figure | kind | labels | says |\n|---|---|---|---|\n");
        for Family { name, kind, labels, help } in families {
            let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
            let (kind, labels) = (kind.as_str(), labels.join(" "));
            let _infallible = writeln!(tables, "| `{name}` | {kind} | {labels} | {help} |");
        }
        tables.push('\n');
    }
    tables
}

/// Every name under which a figure is asked for.
fn known() -> BTreeSet<String> {
    let families = of_parts().into_iter().flat_map(|(_, families)| families);
    families
        .flat_map(|Family { name, kind, .. }| match kind {
            Kind::Gauge | Kind::Counter => vec![(*name).to_owned()],
            Kind::Histogram => {
                ["_bucket", "_sum", "_count"].map(|suffix| format!("{name}{suffix}")).to_vec()
            }
        })
        .collect()
}

/// Names that begin as figures do, and are none.
fn unknown(repository: &Repository) -> Vec<Breach> {
    let known = known();
    let speaks = |text: &&Text| [RULES, PLAYED, DASHBOARD].contains(&text.path.as_str());
    let mut breaches = Vec::new();
    for text in repository.texts.iter().filter(speaks) {
        for (number, line) in text.text.lines().enumerate() {
            let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
            let words = line.split(|char| !is_name(char));
            let figures = words.filter(|word| word.starts_with("minutehand_"));
            let unknown = figures.filter(|word| !known.contains(*word));
            breaches.extend(unknown.map(|word| {
                text.breach(number + 1, format!("no part tells `{word}`: see {PAGE}"))
            }));
        }
    }
    breaches
}

/// Alerts that no test sees fire.
fn unplayed(repository: &Repository) -> Vec<Breach> {
    let (Some(rules), Some(played)) = (repository.text(RULES), repository.text(PLAYED)) else {
        return Vec::new();
    };
    let fires = |alert: &str| {
        let name = format!("alertname: {alert}\n");
        played
            .text
            .split(&name)
            .skip(1)
            .any(|after| after.trim_start().starts_with("exp_alerts:\n"))
    };
    let alerts =
        rules.text.lines().enumerate().filter_map(|(number, line)| {
            Some((number + 1, line.trim().strip_prefix("- alert: ")?))
        });
    let unplayed = alerts.filter(|(_, alert)| !fires(alert));
    unplayed
        .map(|(line, alert)| rules.breach(line, format!("{PLAYED} does not see `{alert}` fire")))
        .collect()
}

#[test]
fn the_page_of_figures_is_what_the_parts_tell() {
    let page = REPOSITORY.text(PAGE).expect("the page is there");
    let tables = tables();
    let is_told = page.text.trim_end().ends_with(tables.trim_end());
    assert!(is_told, "{PAGE} has to end with:\n\n{tables}");
}

#[test]
fn names_are_as_prometheus_has_them() {
    for (_, families) in of_parts() {
        for Family { name, kind, help, .. } in families {
            assert!(name.starts_with("minutehand_"), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            assert!(*kind != Kind::Histogram || name.ends_with("_seconds"), "{name}");
            assert!(help.ends_with('.') && !help.contains('|'), "{name}: {help}");
        }
    }
    let names: Vec<_> = of_parts().into_iter().flat_map(|(_, of)| of).map(|of| of.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "each is of one part");
}

#[test]
fn alerts_and_dashboard_speak_of_figures_that_are_told() {
    holds(unknown);
    let text = "expr: minutehand_trader_state == 1\nexpr: minutehand_trader_stat\n\
                minutehand_trader_round_close_seconds_bucket\nminutehand_trader_round_close_seconds";
    assert_eq!(
        caught(unknown, &[(RULES, text), ("other.yml", text)]),
        [format!("{RULES}:2"), format!("{RULES}:4")]
    );
    let dashboard = REPOSITORY.text(DASHBOARD).expect("it is there");
    let board: serde_json::Value = serde_json::from_str(&dashboard.text).expect("it is JSON");
    let panels = board["panels"].as_array().expect("it has panels");
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has an id of its own");
}

#[test]
fn each_alert_is_seen_to_fire() {
    holds(unplayed);
    let rules = "  - alert: A\n  - alert: B\n  - alert: C";
    let played = "{alertname: A, exp_alerts: []}\nalertname: B\n  exp_alerts:\n    - x\nalertname: C\n  exp_alerts: []";
    assert_eq!(
        caught(unplayed, &[(RULES, rules), (PLAYED, played)]),
        [format!("{RULES}:1"), format!("{RULES}:3")]
    );
}
