//! Plans as command lines.

use super::*;

#[test]
fn c4_a_plan_becomes_command_lines() {
    let plan = Plan::demo();
    let lines = |parts: &[Part]| -> Vec<String> {
        parts.iter().map(|part| part.command_line().join(" ")).collect()
    };
    let common = "--interval=2s --log-format=text";
    let served = format!("{common} --grace=1s --skew=33ms 333us 333ns");
    let starts_at = Timestamp::default();
    assert_eq!(
        lines(&generators(&plan, starts_at))[1],
        format!("generator {served} --name=b --port 0")
    );
    assert_eq!(
        lines(&traders(&plan)),
        [format!("trader {served} --ephemeral --expect=X,Y --port 0")]
    );
    assert_eq!(
        lines(&strategies(&plan, &[10], &[1, 2, 3])),
        [
            format!(
                "strategy {common} --name=X --trader=127.0.0.1:10 --signals=127.0.0.1:1 --stay"
            ),
            format!(
                "strategy {common} --name=Y --trader=127.0.0.1:10 --signals=127.0.0.1:2,127.0.0.1:3 --stay"
            ),
        ]
    );
}

#[test]
fn c4_each_trader_expects_its_own_strategies_which_submit_to_it() {
    let text = "[tls]\ndir = 'c'\n[[trader]]\nname = 'btc'\nport = 7\n\
                [[trader]]\nname = 'eth'\nephemeral = true\nat_least = 2\n\
                [[generator]]\nname = 'a'\n\
                [[strategy]]\nname = 'X'\ntrader = 'eth'\nsignals = ['a']\n\
                [[strategy]]\nname = 'Y'\ntrader = 'btc'\nsignals = ['a']\n\
                [[strategy]]\nname = 'Z'\ntrader = 'eth'\nsignals = ['a']";
    let plan = Plan::parse("p.toml", text).unwrap();
    let parts = traders(&plan).into_iter().chain(strategies(&plan, &[7, 8], &[1]));
    let shown = parts.map(|part| {
        let line = part.command_line();
        let told = ["--expect", "--at-least", "--trader", "--tls-cert", "--ephemeral"];
        let is_told = |flag: &&String| told.iter().any(|told| flag.starts_with(told));
        let flags: Vec<_> = line.iter().filter(is_told).map(String::as_str).collect();
        format!("{}: {}", part.label, flags.join(" "))
    });
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            "trader btc: --tls-cert=c/trader-btc.pem --expect=Y",
            "trader eth: --tls-cert=c/trader-eth.pem --ephemeral --at-least=2 --expect=X,Z",
            "strategy X: --tls-cert=c/strategy-X.pem --trader=127.0.0.1:8",
            "strategy Y: --tls-cert=c/strategy-Y.pem --trader=127.0.0.1:7",
            "strategy Z: --tls-cert=c/strategy-Z.pem --trader=127.0.0.1:8",
        ]
    );
}

#[test]
fn c4_bars_of_a_plan_begin_to_pass_for_all_generators_at_the_same_time() {
    let text = "[trader]\nephemeral = true\n[[generator]]\nname = 'a'\nsource = 'b.csv'\n\
                signal = 'ema(close,5) - 1'\nspeed = 60";
    let plan = Plan::parse("p.toml", text).unwrap();
    let starts_at = Timestamp::parse("2026-11-20T12:01:00Z").unwrap();
    let line = generators(&plan, starts_at)[0].command_line();
    assert!(
        line.ends_with(
            &[
                "--name=a",
                "--source=b.csv",
                "--signal=ema(close, 5) - 1",
                "--starts-at=2026-11-20T12:01:00Z",
                "--speed=60",
                "--port",
                "0"
            ]
            .map(str::to_owned)
        )
    );
}

#[test]
fn c4_what_a_plan_says_of_data_the_generators_are_told() {
    let last = |keys: &str| {
        let text = format!("[trader]\nephemeral = true\n[[generator]]\nname = 'a'\n{keys}");
        let plan = Plan::parse("p.toml", &text).unwrap();
        let arguments = generators(&plan, Timestamp::default()).remove(0).arguments;
        let of_data = arguments.into_iter().skip_while(|flag| !flag.starts_with("--source"));
        of_data.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        last(
            "source = 'b.csv'\nsignal = 'close'\nbar_time = 'close'\ntime_unit = 'seconds'\n\
             bar_interval = '5m'"
        ),
        "--source=b.csv --signal=close --starts-at=1970-01-01T00:00:00Z --bar-time=close \
         --time-unit=seconds --bar-interval=5m"
    );
    assert_eq!(
        last("source = 'coinbase:BTC-USD'\nsignal = 'close'\nendpoint = 'ws://h:1/'\nrecord = 'r'"),
        "--source=coinbase:BTC-USD --signal=close --endpoint=ws://h:1/ --record=r"
    );
    assert_eq!(
        last("source = 'binance:BTCUSDT/klines'\nsignal = 'close'"),
        "--source=binance:BTCUSDT/klines --signal=close"
    );
}

#[test]
fn c4_each_part_of_a_secured_plan_has_its_own_certificate() {
    let plan = Plan { tls: Some("c".into()), ..Plan::demo() };
    let servers = generators(&plan, Timestamp::default()).into_iter().chain(traders(&plan));
    let parts = servers.chain(strategies(&plan, &[10], &[1, 2, 3]));
    let shown: Vec<String> = parts
        .map(|part| {
            let flags = part.arguments.into_iter().filter(|flag| flag.starts_with("--tls-"));
            flags.collect::<Vec<_>>().join(" ")
        })
        .collect();
    let expected =
        ["generator-a", "generator-b", "generator-c", "trader-main", "strategy-X", "strategy-Y"]
            .map(|who| format!("--tls-ca=c/ca.pem --tls-cert=c/{who}.pem --tls-key=c/{who}.key"));
    assert_eq!(shown, expected);
}
