//! What is said about it.

use super::*;

#[test]
fn what_was_done_is_told_with_what_to_do_next() {
    let mut desk = Desk::new();
    let file = desk.home.path().join("p.toml");
    let text = "[tls]\ndir = 'a/certs'\n[trader]\nport = 1\n[[generator]]\nport = 7\n[[strategy]]\nname = 'X'\nsignal_ports = [7]";
    fs::write(&file, text).unwrap();
    let mut plan = Plan::read(&file).unwrap();
    let identities: Vec<String> = plan.identities().map(|identity| identity.to_string()).collect();
    assert_eq!(identities, ["trader main", "generator 127.0.0.1-7", "strategy X"]);

    let order = desk.order(&["strategy/X", "operator/ann"]);
    let made = fill(&order, desk.at, &mut desk.rng).unwrap();
    let home = format!("{}/", desk.home.path().display());
    let said = |text: String| text.replace(&home, "");
    assert_eq!(
        said(text::page(&made)),
        "\
made     a/certs/ca.pem            the development CA, until 2036-11-17T12:00:00Z
made     a/certs/strategy-X.pem    strategy X, until 2027-02-18T12:00:00Z
made     a/certs/operator-ann.pem  operator ann, until 2027-02-18T12:00:00Z
Run this again from 2027-01-19T11:58:20Z on: it renews what is near its end.
Whoever has a/certs/ca.key can be anybody here: keep it to yourself.
"
    );
    assert_eq!(
        said(text::next_of_parts(&made, &order.directory)),
        "\
Next:
  strategy --name X --trader HOST:PORT --signals HOST:PORT --tls-ca=a/certs/ca.pem --tls-cert=a/certs/strategy-X.pem --tls-key=a/certs/strategy-X.key
  minutehand status --trader HOST:PORT --tls-ca=a/certs/ca.pem --tls-cert=a/certs/operator-ann.pem --tls-key=a/certs/operator-ann.key
"
    );
    assert_eq!(
        said(text::next_of_plan(&file, &plan, &order.directory)),
        "Next: minutehand up p.toml\n"
    );
    plan.tls = None;
    let next = text::next_of_plan(&file, &plan, &order.directory);
    let added = next.split_once("`\n").unwrap().1;
    let path = desk.home.path().join("q.toml");
    fs::write(&path, format!("{}\n{added}", text.replace("[tls]\ndir = 'a/certs'\n", ""))).unwrap();
    let directory = Plan::read(&path).unwrap().tls.unwrap();
    assert_eq!(directory.canonicalize().unwrap(), order.directory.canonicalize().unwrap());

    desk.at = desk.at.plus(DAY * 61);
    let renewed = fill(&desk.order(&["strategy/X"]), desk.at, &mut desk.rng).unwrap();
    assert_eq!(
        said(text::page(&renewed)).lines().take(2).collect::<Vec<_>>(),
        [
            "kept     a/certs/ca.pem          the development CA, until 2036-11-17T12:00:00Z",
            "renewed  a/certs/strategy-X.pem  strategy X, until 2027-04-20T12:00:00Z: it was near its end",
        ]
    );
}
