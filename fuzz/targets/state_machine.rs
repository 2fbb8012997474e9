//! Sequences of telegrams, clicks, decisions of the test tool, turns of the clock, failures, settings and resets: after
//! each step everything that must hold does.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use paygent_emulator_fuzz::operation::{Operations, shuffle};
use paygent_emulator_fuzz::session::Session;
use paygent_emulator_fuzz::values::Draw;
use paygent_emulator_fuzz::world::World;

thread_local! {
    static WORLD: World = World::new();
}

fuzz_target!(|operations: Operations| WORLD.with(|world| {
    world.start_again();
    let mut session = Session::new(world);
    for operation in &operations.0 {
        session.step(operation);
    }
    session.finish();
}));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut draw = Draw::new(u64::from(seed));
    match draw.one_in(2) {
        true => shuffle(data, size, max_size, &mut draw),
        false => fuzzer_mutate(data, size, max_size),
    }
});
