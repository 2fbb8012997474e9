//! Any bytes as a telegram, through the door and everything behind it: each is answered so that clients can read it,
//! and the journal can show it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use paygent_emulator::internal::journal::Event;
use paygent_emulator::internal::wire::{Form, catalog, not_played};
use paygent_emulator_fuzz::answer::Answer;
use paygent_emulator_fuzz::request::Raw;
use paygent_emulator_fuzz::world::{Port, World};

/// How many parameters a request may have.
const MOST: usize = 1000;

thread_local! {
    static WORLD: World = World::new();
}

fuzz_target!(|bytes: &[u8]| WORLD.with(|world| {
    world.start_again();
    let raw = Raw::read(bytes);
    let form = Form::read(raw.query.as_deref(), raw.body);
    // With too many parameters nobody looks for the kind.
    let kind = form.text("telegram_kind");
    let spec = catalog().telegram(&kind).or_else(|| not_played(&kind)).filter(|_| form.pairs().count() <= MOST);
    // Twice: what the first made may be in the way of the second.
    for _ in 0..2 {
        let before = world.gateway.journal.last_id();
        match raw.http().filter(|_| raw.path.starts_with("/n/") || raw.path.starts_with("/s/")) {
            Some(request) => {
                let answer = world.ask(Port::Public, request);
                // The shop's browser script and Paidy have endpoints of their own there, which answer JSON.
                if answer.content_type.starts_with("text/html; charset=") {
                    assert_eq!(answer.status, 200);
                    Answer::read(spec, &answer.content_type, &answer.body, &[]);
                }
            }
            None => {
                let (content_type, body) = world.telegram(&raw.path, raw.query.as_deref(), raw.body);
                Answer::read(spec, content_type, &body, &[]);
            }
        }
        for entry in world.gateway.journal.after(before, 10) {
            entry.request_fields();
            entry.answer_read();
            if entry.event() == Event::Telegram {
                let page = world.ask(Port::Console, show(entry.id));
                assert_eq!(page.status, 200, "the journal cannot show entry {}", entry.id);
            }
        }
    }
}));

/// A request for the journal's page of an entry.
fn show(id: u64) -> axum::http::Request<axum::body::Body> {
    axum::http::Request::get(format!("/journal/{id}")).body(axum::body::Body::empty()).expect("a request")
}
