//! Panics of handlers: caught, and their place remembered for the traceback.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

/// A panic of a handler.
pub(crate) struct Panic {
    /// What it said.
    pub(crate) message: String,
    /// Where it began.
    pub(crate) at: Option<Place>,
}

/// A place in a source file; a panic's own location does not outlive its hook.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: u32,
}

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static PLACE: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// Runs a handler; a panic comes back as a value.
pub(crate) fn contain<R>(run: impl FnOnce() -> R) -> Result<R, Panic> {
    install();
    DEPTH.set(DEPTH.get() + 1);
    // The handler's captures are shared by calls anyway: what a panic leaves behind in them is theirs to guard, as with
    // a poisoned lock.
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    DEPTH.set(DEPTH.get() - 1);
    result.map_err(|payload| Panic {
        message: text(&*payload),
        at: PLACE.take(),
    })
}

/// Only a hook learns where a panic began. It goes on to the hook that was there before, which prints as ever.
fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info: &PanicHookInfo<'_>| {
            if DEPTH.get() > 0 {
                PLACE.set(info.location().map(|at| Place {
                    file: at.file().to_owned(),
                    line: at.line(),
                }));
            }
            previous(info);
        }));
    });
}

fn text(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        format!("panicked: {text}")
    } else if let Some(text) = payload.downcast_ref::<String>() {
        format!("panicked: {text}")
    } else {
        "panicked".to_owned()
    }
}
