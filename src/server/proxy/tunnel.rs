//! An open tunnel: bytes in both directions until both sides have closed, or neither has anything to say any more.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};

use crate::server::connections::{Limits, Slot};

/// As many bytes as are passed on at once.
const BUFFER: usize = 8 * 1024;
/// A tunnel's silence is looked at so often in the time that it may last.
const LOOKS: u32 = 4;

/// Passes bytes on. A tunnel in which something moves counts as younger than one that is silent, so that it is not the
/// one that is closed for another.
pub(super) async fn pass(mut client: TcpStream, mut server: TcpStream, slot: &Slot, limits: &Limits) -> io::Result<()> {
    let state = State { slot, moved: AtomicU64::new(0), closed: AtomicBool::new(false) };
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let both = async {
        tokio::try_join!(copy(from_client, to_server, &state), copy(from_server, to_client, &state)).map(|_| ())
    };
    tokio::select! {
        done = both => done,
        () = silence(&state, limits) => Err(io::ErrorKind::TimedOut.into()),
    }
}

struct State<'a> {
    slot: &'a Slot,
    /// How often something has moved.
    moved: AtomicU64,
    /// Whether one of both has said that nothing more will come from it.
    closed: AtomicBool,
}

impl State<'_> {
    fn moves(&self) {
        self.moved.fetch_add(1, Ordering::Relaxed);
        self.slot.waits();
    }
}

/// Passes on what one side says until it has closed; tells the other.
async fn copy(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, state: &State<'_>) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = from.read(&mut buffer).await?;
        state.moves();
        if count == 0 {
            state.closed.store(true, Ordering::Relaxed);
            return to.shutdown().await;
        }
        to.write_all(&buffer[..count]).await?;
        state.moves();
    }
}

/// Ends when nothing has moved for as long as may be.
async fn silence(state: &State<'_>, limits: &Limits) {
    let (mut seen, mut silent) = (state.moved.load(Ordering::Relaxed), Duration::ZERO);
    loop {
        let most = if state.closed.load(Ordering::Relaxed) {
            limits.idle_timeout.min(limits.tunnel_timeout)
        } else {
            limits.tunnel_timeout
        };
        if silent >= most {
            return;
        }
        // Short enough for what counts when one side closes meanwhile.
        let look = limits.idle_timeout.min(limits.tunnel_timeout) / LOOKS;
        tokio::time::sleep(look).await;
        let moved = state.moved.load(Ordering::Relaxed);
        silent = if moved == seen { silent + look } else { Duration::ZERO };
        seen = moved;
    }
}
