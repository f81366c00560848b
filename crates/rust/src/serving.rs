//! A component that runs: its threads, and the signals that end it.

use crate::error::{Error, Result};
use crate::runtime::Server;
use signal_hook::SigId;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::{pipe, unregister};
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A component that is being served by threads of its own. Dropping it closes it.
pub struct Serving {
    server: Arc<Server>,
    threads: Vec<JoinHandle<()>>,
}

impl Serving {
    #[track_caller]
    pub(crate) fn new(server: Server, workers: usize) -> Result<Serving> {
        let mut serving = Serving {
            server: Arc::new(server),
            threads: Vec::new(),
        };
        for number in 0..workers {
            serving.thread(format!("hms-worker-{number}"), |server| {
                server.work(&mut || false)
            })?;
        }
        // One more than the workers, so that cancels and pings are read while all of them are busy.
        serving.thread("hms-reader".to_owned(), |server| server.read(&mut || false))?;
        Ok(serving)
    }

    #[track_caller]
    fn thread(
        &mut self,
        name: String,
        life: impl FnOnce(&Server) -> hms_ffi_core::error::Result<()> + Send + 'static,
    ) -> Result<()> {
        let server = self.server.clone();
        let spawned = thread::Builder::new().name(name).spawn(move || {
            if let Err(error) = life(&server) {
                log::error!("a thread of a component ended: {error}");
            }
        });
        match spawned {
            Ok(thread) => self.threads.push(thread),
            Err(error) => return Err(Error::resource_exhausted(format!("no thread: {error}"))),
        }
        Ok(())
    }

    /// The instance's random name.
    pub fn instance(&self) -> &str {
        self.server.instance()
    }

    /// Takes no new calls, lets those that run end within `grace`, then closes.
    pub fn drain(mut self, grace: Duration) {
        self.server.drain(grace);
        self.join();
    }

    /// Closes now: calls that run are cancelled.
    pub fn close(mut self) {
        self.server.close();
        self.join();
    }

    fn join(&mut self) {
        let this = thread::current().id();
        for thread in self.threads.drain(..) {
            // A handler may close its own component; its thread ends when it returns.
            if thread.thread().id() != this {
                // A thread that panicked has printed so.
                let _ = thread.join();
            }
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if !self.threads.is_empty() {
            self.server.close();
            self.join();
        }
    }
}

impl std::fmt::Debug for Serving {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serving")
            .field("instance", &self.instance())
            .finish_non_exhaustive()
    }
}

/// SIGINT and SIGTERM as something to wait for.
pub(crate) struct Signals {
    pipe: UnixStream,
    registered: Vec<SigId>,
}

impl Signals {
    #[track_caller]
    pub(crate) fn install() -> Result<Signals> {
        let installed = || -> io::Result<Signals> {
            let (pipe, write) = UnixStream::pair()?;
            let mut signals = Signals {
                pipe,
                registered: Vec::new(),
            };
            for signal in [SIGINT, SIGTERM] {
                signals
                    .registered
                    .push(pipe::register(signal, write.try_clone()?)?);
            }
            Ok(signals)
        };
        match installed() {
            Ok(signals) => Ok(signals),
            Err(error) => Err(Error::internal(format!(
                "signals cannot be handled: {error}"
            ))),
        }
    }

    /// Returns after the first signal.
    pub(crate) fn wait(mut self) {
        // An error would mean that the pipe is gone: then nothing can be waited for, either.
        let _ = self.pipe.read_exact(&mut [0]);
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        for id in self.registered.drain(..) {
            unregister(id);
        }
    }
}
