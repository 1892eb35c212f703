//! What the service manager hears of a strategy, and from where.

use std::{sync::mpsc, time::Duration};

use chassis::service_manager::testing::Listener;

use super::{
    World,
    fake::{FakeGenerator, FakeTrader, Serve, Turn},
    minutes::submission,
};
use crate::{Decide, Minute, Signal};

/// The shortest that there is: by the machine's own clock it is not waited for long.
const PATIENCE: Duration = Duration::from_secs(2);

/// Says when it begins, and is done when it is told to.
#[derive(Debug)]
struct Hangs {
    begun: mpsc::Sender<()>,
    end: mpsc::Receiver<()>,
}

impl Decide for Hangs {
    fn decide(&mut self, _: Minute, _: &[Signal]) -> Result<f64, String> {
        self.begun.send(()).unwrap();
        self.end.recv().unwrap();
        Ok(0.5)
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_ready_when_its_loop_runs_and_says_each_decision() {
    let (world, listener) = (World::new(), Listener::new(Duration::from_secs(30)));
    let (trader, mut calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    let (_generator, served) = FakeGenerator::serve(&world, 1_000);
    let script = async {
        submission(&mut calls).await;
        world.wait(1).await;
        let first = listener.heard();
        drop(served);
        world.wait(68).await;
        (first, listener.heard())
    };
    let manager = listener.manager();
    let (_, (first, second)) =
        world.run(&[1_000], |config| config.service_manager = manager, script).await;
    assert_eq!(first[..2], ["READY=1", "WATCHDOG=1"]);
    assert!(first.contains(&"STATUS=registered X".to_owned()), "{first:?}");
    assert_eq!(first.last().unwrap(), "STATUS=submitted 1 for 2026-11-20T12:01:00Z");
    let signs = second.iter().filter(|word| *word == "WATCHDOG=1").count();
    assert!((8..=10).contains(&signs), "{second:?}");
    assert!(second.last().unwrap().starts_with("STATUS=no decision for 2026-11-20T12:02:00Z: "));
    assert_eq!(listener.heard(), ["STOPPING=1"]);
}

/// With the shortest patience that there is: a registration alone is waited for longer.
#[tokio::test(start_paused = true)]
async fn it_is_ready_and_alive_while_its_trader_hangs() {
    let (world, listener) = (World::new(), Listener::new(PATIENCE));
    let (trader, _calls) = FakeTrader::of(&world);
    let _trader = trader.serve(&world);
    for _ in 0..100 {
        trader.registers.then(Turn::Hang);
    }
    let script = async {
        for _ in 0..30 {
            world.wait(PATIENCE.as_secs()).await;
            let heard = listener.heard();
            assert!(heard.contains(&"WATCHDOG=1".to_owned()), "{heard:?}");
        }
    };
    let manager = listener.manager();
    let (ended, ()) = world.run(&[1_000], |config| config.service_manager = manager, script).await;
    assert!(ended.is_ok(), "{ended:?}");
}

/// By the machine's own clock: a loop that hangs says nothing, whatever else the process could do.
#[test]
fn a_loop_that_hangs_gives_no_sign_of_life() {
    let listener = Listener::new(PATIENCE);
    let manager = listener.manager();
    let ((begun, has_begun), (end, ends)) = (mpsc::channel(), mpsc::channel());
    let strategy = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new();
            let (trader, mut calls) = FakeTrader::of(&world);
            let _trader = trader.serve(&world);
            let (_generator, _served) = FakeGenerator::serve(&world, 1_000);
            let decide = Hangs { begun, end: ends };
            let change = |config: &mut crate::run::Config| {
                (config.service_manager, config.decide) = (manager, Box::new(decide));
            };
            let script = async {
                submission(&mut calls).await;
            };
            world.run(&[1_000], change, script).await.0.unwrap();
        });
    });
    has_begun.recv().unwrap();
    let before = listener.heard();
    assert!(before.iter().filter(|word| *word == "WATCHDOG=1").count() >= 2, "{before:?}");
    assert_eq!(listener.hear(PATIENCE), None, "nothing for as long as it is waited for");
    end.send(()).unwrap();
    strategy.join().unwrap();
    assert_eq!(listener.heard().last().unwrap(), "STOPPING=1");
}
