//! Where there is no libuv: a thread waits for the descriptor and posts to the event loop.

use std::ffi::c_void;
use std::os::fd::RawFd;
use std::ptr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use napi::sys;

use super::{Callback, check};

/// The thread, which ends with its environment.
pub(crate) struct Reader {
    env: sys::napi_env,
    shared: Arc<Shared>,
    function: sys::napi_threadsafe_function,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<Turn>,
    changed: Condvar,
}

#[derive(Default, PartialEq)]
enum Turn {
    /// The thread waits for the descriptor.
    #[default]
    Thread,
    /// The loop was told and has not yet looked.
    Loop,
    /// The environment ends.
    Over,
}

/// A threadsafe function may be called from any thread.
struct Posted(sys::napi_threadsafe_function);
// SAFETY: that is what it is for.
unsafe impl Send for Posted {}

impl Reader {
    pub(crate) fn start(env: sys::napi_env, fd: RawFd, callback: Callback) -> napi::Result<Reader> {
        let mut name = ptr::null_mut();
        let mut function = ptr::null_mut();
        let data = Box::into_raw(Box::new(callback));
        // SAFETY: `env` is that of the native call that is running; `data` is freed by `finalized`.
        unsafe {
            let text = c"hms-ffi";
            check(
                sys::napi_create_string_utf8(env, text.as_ptr(), 7, &mut name),
                "napi_create_string_utf8",
            )?;
            let status = sys::napi_create_threadsafe_function(
                env,
                ptr::null_mut(),
                ptr::null_mut(),
                name,
                1,
                1,
                data.cast(),
                Some(finalized),
                data.cast(),
                Some(posted),
                &mut function,
            );
            check(status, "napi_create_threadsafe_function")?;
            sys::napi_unref_threadsafe_function(env, function);
            sys::napi_add_env_cleanup_hook(env, Some(ending), ptr::null_mut());
        }
        let shared = Arc::new(Shared::default());
        let thread = std::thread::Builder::new()
            .name("hms-ffi".to_owned())
            .spawn({
                let (shared, function) = (shared.clone(), Posted(function));
                move || wait(fd, &shared, &function)
            })
            .map_err(|error| napi::Error::from_reason(format!("no thread: {error}")))?;
        Ok(Reader {
            env,
            shared,
            function,
            thread: Some(thread),
        })
    }

    pub(crate) fn keep_alive(&self, alive: bool) {
        // SAFETY: on the environment's thread, while it lives.
        unsafe {
            if alive {
                sys::napi_ref_threadsafe_function(self.env, self.function);
            } else {
                sys::napi_unref_threadsafe_function(self.env, self.function);
            }
        }
    }

    pub(crate) fn again(&self) {
        self.shared.set(Turn::Thread);
    }
}

impl Shared {
    /// Once it is over it stays so.
    fn set(&self, turn: Turn) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *state != Turn::Over {
            *state = turn;
        }
        self.changed.notify_all();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shared.set(Turn::Over);
        if let Some(thread) = self.thread.take() {
            // It only fails if the thread panicked, and there is nobody left to tell.
            let _ = thread.join();
        }
        // SAFETY: the thread, which was the only user, is gone.
        unsafe {
            sys::napi_release_threadsafe_function(
                self.function,
                sys::ThreadsafeFunctionReleaseMode::abort,
            )
        };
    }
}

fn wait(fd: RawFd, shared: &Shared, function: &Posted) {
    loop {
        {
            let mut state = shared.state.lock().unwrap_or_else(PoisonError::into_inner);
            while *state == Turn::Loop {
                state = shared
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            if *state == Turn::Over {
                return;
            }
        }
        let mut watched = libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        };
        // The environment's end is noticed after this time at the latest.
        let patience = Duration::from_millis(200).as_millis() as i32;
        // SAFETY: one valid entry.
        let ready = unsafe { libc::poll(&mut watched, 1, patience) };
        if ready <= 0 {
            continue;
        }
        shared.set(Turn::Loop);
        // SAFETY: released only after this thread has ended.
        unsafe {
            sys::napi_call_threadsafe_function(
                function.0,
                ptr::null_mut(),
                sys::ThreadsafeFunctionCallMode::nonblocking,
            )
        };
    }
}

unsafe extern "C" fn posted(
    env: sys::napi_env,
    _: sys::napi_value,
    context: *mut c_void,
    _: *mut c_void,
) {
    if env.is_null() {
        return;
    }
    // SAFETY: the context is the callback's box, which outlives the function.
    let callback = unsafe { *context.cast::<Callback>() };
    callback.run();
}

unsafe extern "C" fn finalized(_: sys::napi_env, data: *mut c_void, _: *mut c_void) {
    // SAFETY: made by `Reader::start`; the function is gone.
    drop(unsafe { Box::from_raw(data.cast::<Callback>()) });
}

unsafe extern "C" fn ending(_: *mut c_void) {
    crate::runtime::end();
}
