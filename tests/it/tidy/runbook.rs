//! Whoever is woken finds what to do: every cause and every state has its place in the operator's guide.

use trader::engine::verdict::{CauseCode, State};

use super::REPOSITORY;

const PAGE: &str = "docs/OPERATING.md";

/// What the page leaves out.
fn missing(page: &str) -> Vec<String> {
    let states = State::ALL.map(|state| format!("\n- **{state}**:"));
    let causes = CauseCode::ALL.map(|code| format!("\n### `{}`", code.as_str()));
    let heads = states.into_iter().chain(causes);
    heads.filter(|head| !page.contains(head)).collect()
}

#[test]
fn e5_every_cause_and_every_state_has_its_place_in_the_operators_guide() {
    let page = REPOSITORY.text(PAGE).expect("the page is there");
    assert_eq!(missing(&page.text), Vec::<String>::new());
    let without = page.text.replace("\n### `stale`", "");
    assert_eq!(missing(&without), ["\n### `stale`"]);
}
