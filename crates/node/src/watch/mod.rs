//! Who tells the event loop that the driver has something to do: libuv itself, or a thread of ours where there is no libuv.

mod thread;
mod uv;

use std::os::fd::RawFd;
use std::ptr;

use napi::sys;

/// A watch over the driver's descriptor.
pub(crate) enum Watch {
    /// The event loop polls the descriptor.
    Uv(uv::Poll),
    /// A thread does, and posts to the loop.
    Thread(thread::Reader),
}

impl Watch {
    /// Calls `callback` on the loop of `env` whenever `fd` is readable. The loop is not kept alive by it.
    pub(crate) fn start(
        env: sys::napi_env,
        fd: RawFd,
        callback: Callback,
        without_libuv: bool,
    ) -> napi::Result<Watch> {
        if !without_libuv && let Some(poll) = uv::Poll::start(env, fd, callback)? {
            return Ok(Watch::Uv(poll));
        }
        Ok(Watch::Thread(thread::Reader::start(env, fd, callback)?))
    }

    /// Whether the event loop polls by itself.
    pub(crate) fn is_uv(&self) -> bool {
        matches!(self, Watch::Uv(_))
    }

    /// Whether the watch keeps the loop alive.
    pub(crate) fn keep_alive(&self, alive: bool) {
        match self {
            Watch::Uv(poll) => poll.keep_alive(alive),
            Watch::Thread(reader) => reader.keep_alive(alive),
        }
    }

    /// The descriptor was looked at: tell when it is readable again.
    pub(crate) fn again(&self) {
        if let Watch::Thread(reader) = self {
            reader.again();
        }
    }
}

/// The package's function, kept by a reference.
#[derive(Clone, Copy)]
pub(crate) struct Callback {
    env: sys::napi_env,
    reference: sys::napi_ref,
}

impl Callback {
    /// Keeps `function`.
    pub(crate) fn new(env: sys::napi_env, function: sys::napi_value) -> napi::Result<Callback> {
        let mut reference = ptr::null_mut();
        // SAFETY: `env` and `function` are those of the native call that is running.
        let status = unsafe { sys::napi_create_reference(env, function, 1, &mut reference) };
        check(status, "napi_create_reference")?;
        Ok(Callback { env, reference })
    }

    /// Runs the function from the event loop, then its microtasks. What it throws is an uncaught exception.
    fn run(self) {
        let env = self.env;
        let mut scope = ptr::null_mut();
        let mut function = ptr::null_mut();
        let mut global = ptr::null_mut();
        let mut result = ptr::null_mut();
        // SAFETY: called on the thread of `env` while it is alive: both watches end in its clean-up hook. The scope holds
        // the values until it is closed.
        unsafe {
            if sys::napi_open_handle_scope(env, &mut scope) != sys::Status::napi_ok {
                return;
            }
            if sys::napi_get_reference_value(env, self.reference, &mut function)
                == sys::Status::napi_ok
                && sys::napi_get_global(env, &mut global) == sys::Status::napi_ok
            {
                let context = ptr::null_mut();
                let status = sys::napi_make_callback(
                    env,
                    context,
                    global,
                    function,
                    0,
                    ptr::null(),
                    &mut result,
                );
                if status == sys::Status::napi_pending_exception {
                    let mut error = ptr::null_mut();
                    sys::napi_get_and_clear_last_exception(env, &mut error);
                    sys::napi_fatal_exception(env, error);
                }
            }
            sys::napi_close_handle_scope(env, scope);
        }
    }

    /// Lets go of the function.
    fn release(self) {
        // SAFETY: on the thread of `env`, once.
        unsafe { sys::napi_delete_reference(self.env, self.reference) };
    }
}

fn check(status: sys::napi_status, what: &str) -> napi::Result<()> {
    if status == sys::Status::napi_ok {
        return Ok(());
    }
    Err(napi::Error::from_reason(format!("{what}: status {status}")))
}
