//! The call that this thread serves, and where in the program something happened.

use crate::runtime::CallContext;
use crate::value::snake;
use hms_ffi_core::error::Frame;
use std::cell::RefCell;
use std::panic::Location;
use std::sync::Arc;

thread_local! {
    static CURRENT: RefCell<Option<Arc<CallContext>>> = const { RefCell::new(None) };
}

/// The call that the handler on this thread serves: its deadline, whether it was cancelled, who calls, its trace
/// context. `None` outside of handlers. Calls that a handler makes on its thread inherit deadline and trace context.
pub fn current_call() -> Option<Arc<CallContext>> {
    CURRENT.with_borrow(Clone::clone)
}

/// Makes `call` this thread's current call until it is dropped; then the one before is current again.
pub(crate) struct Entered(Option<Arc<CallContext>>);

impl Entered {
    pub(crate) fn new(call: Arc<CallContext>) -> Self {
        Entered(CURRENT.replace(Some(call)))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// The frame of a place in this program.
pub(crate) fn frame(at: &Location<'_>) -> Frame {
    frame_at(at.file(), at.line())
}

/// The frame of a line of a source file.
pub(crate) fn frame_at(file: &str, line: u32) -> Frame {
    let (component, function) = match current_call() {
        Some(call) => (call.interface().to_owned(), snake(&call.function().name)),
        None => (
            program(),
            std::thread::current().name().unwrap_or("thread").to_owned(),
        ),
    };
    Frame {
        language: "rust".to_owned(),
        component,
        function,
        file: file.to_owned(),
        line,
    }
}

/// The program's name.
fn program() -> String {
    let path = std::env::current_exe().ok();
    path.as_deref()
        .and_then(|path| path.file_stem())
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
