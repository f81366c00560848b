//! Two linked state machines under thousands of seeded schedules: partial reads and writes, large bodies, cancels,
//! deadlines, limits, goodbyes, kills, hostile bytes. HMS_SIM_SEEDS says how many schedules (default 300), HMS_SIM_SEED
//! runs a single one.

#[path = "support/rng.rs"]
mod rng;
#[path = "simulation/side.rs"]
mod side;
#[path = "simulation/world.rs"]
mod world;

use hms_ffi_core::protocol::{CallHead, Hello, Link, LinkEvent, Role};
use rng::Rng;
use world::World;

fn environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}"))
    })
}

#[test]
fn invariants_hold_under_every_schedule() {
    if let Some(seed) = environment("HMS_SIM_SEED") {
        World::new(seed).run();
        return;
    }
    let seeds = environment("HMS_SIM_SEEDS").unwrap_or(300);
    let mut totals = world::Totals::default();
    for seed in 0..seeds {
        match std::panic::catch_unwind(|| World::new(seed).run()) {
            Ok(totals_of_run) => totals.add(&totals_of_run),
            Err(panic) => {
                eprintln!("simulation: seed {seed} failed; HMS_SIM_SEED={seed} runs it alone");
                std::panic::resume_unwind(panic);
            }
        }
    }
    println!("simulation: {seeds} seeds: {totals}");
    if seeds >= 100 {
        totals.assert_everything_happened();
    }
}

/// However the bytes are cut, a small call passes a large body that is being sent within a few fragments.
#[test]
fn small_calls_are_not_blocked_behind_large_bodies() {
    for (seed, size) in [(0, 100 << 20), (1, 8 << 20), (2, 8 << 20), (3, 8 << 20)] {
        let mut rng = Rng::new(seed);
        let mut links =
            [Role::Client, Role::Server].map(|role| Link::new(role, Hello::default()).unwrap());
        for from in [0, 1] {
            let hello = links[from].output().to_vec();
            links[from].consume(hello.len());
            links[1 - from].receive(&hello).unwrap();
        }
        let [client, server] = &mut links;
        while server.poll_event().is_some() {}
        let large: Vec<u64> = (0..rng.between(1, 3))
            .map(|_| client.call(CallHead::default(), vec![0; size]).unwrap())
            .collect();
        let (mut small, mut waited, mut arrived, mut open) = (0, 0, 0, large.len());
        while open > 0 {
            if small == 0 && rng.percent(30) {
                small = client
                    .call(CallHead::default(), vec![1; rng.size(8000)])
                    .unwrap();
                waited = 0;
            }
            let output = client.output();
            let n = (rng.between(1, 300_000) as usize).min(output.len());
            server.receive(&output[..n]).unwrap();
            client.consume(n);
            waited += n;
            while let Some(event) = server.poll_event() {
                let LinkEvent::Call { id, args, .. } = event else {
                    continue;
                };
                if id == small {
                    (small, arrived) = (0, arrived + 1);
                    // A call's place comes back, or the quota would end the test.
                    server.reply(id, hms_ffi_core::dispatch::Outcome::Cancelled);
                    let reply = server.output().to_vec();
                    server.consume(reply.len());
                    client.receive(&reply).unwrap();
                    while client.poll_event().is_some() {}
                } else {
                    assert_eq!(args.len(), size);
                    open -= 1;
                }
            }
            assert!(
                small == 0 || waited < 512 << 10,
                "seed {seed}: {waited} bytes went past a small call"
            );
        }
        assert!(
            arrived > 5,
            "seed {seed}: only {arrived} small calls came through"
        );
    }
}
