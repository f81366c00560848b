//! The event loop's own `uv_poll` on the driver's descriptor. libuv's functions are those of the running program, found by name.

use std::ffi::{CStr, c_int, c_void};
use std::os::fd::RawFd;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

use napi::sys;

use super::{Callback, check};

type Handle = c_void;
type Loop = c_void;

/// `uv_handle_type` of a poll handle, and the event "readable"; part of libuv's stable ABI.
const UV_POLL: c_int = 8;
const UV_READABLE: c_int = 1;

/// The functions of libuv that are needed, all there since 1.19.
struct Libuv {
    handle_size: unsafe extern "C" fn(c_int) -> usize,
    set_data: unsafe extern "C" fn(*mut Handle, *mut c_void),
    get_data: unsafe extern "C" fn(*const Handle) -> *mut c_void,
    poll_init: unsafe extern "C" fn(*mut Loop, *mut Handle, c_int) -> c_int,
    poll_start: unsafe extern "C" fn(
        *mut Handle,
        c_int,
        unsafe extern "C" fn(*mut Handle, c_int, c_int),
    ) -> c_int,
    poll_stop: unsafe extern "C" fn(*mut Handle) -> c_int,
    close: unsafe extern "C" fn(*mut Handle, unsafe extern "C" fn(*mut Handle)),
    take: unsafe extern "C" fn(*mut Handle),
    release: unsafe extern "C" fn(*mut Handle),
}

fn libuv() -> Option<&'static Libuv> {
    static LIBUV: OnceLock<Option<Libuv>> = OnceLock::new();
    LIBUV.get_or_init(find).as_ref()
}

fn find() -> Option<Libuv> {
    // SAFETY: the types of the fields are those of libuv's header, unchanged since 1.19 within its version 1.
    unsafe {
        Some(Libuv {
            handle_size: symbol(c"uv_handle_size")?,
            set_data: symbol(c"uv_handle_set_data")?,
            get_data: symbol(c"uv_handle_get_data")?,
            poll_init: symbol(c"uv_poll_init")?,
            poll_start: symbol(c"uv_poll_start")?,
            poll_stop: symbol(c"uv_poll_stop")?,
            close: symbol(c"uv_close")?,
            take: symbol(c"uv_ref")?,
            release: symbol(c"uv_unref")?,
        })
    }
}

/// A function of the running program.
///
/// # Safety
/// `F` is the type of a pointer to the function of this name.
unsafe fn symbol<F: Copy>(name: &CStr) -> Option<F> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    // SAFETY: looks a name up in the running program.
    let address = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    // SAFETY: as large as a pointer, and of the right type by the caller's promise.
    (!address.is_null()).then(|| unsafe { std::mem::transmute_copy(&address) })
}

/// A poll handle, which ends with its environment.
pub(crate) struct Poll {
    libuv: &'static Libuv,
    handle: NonNull<Handle>,
}

/// What the handle's callbacks need; freed when it is closed.
struct Data {
    libuv: &'static Libuv,
    callback: Callback,
    hook: sys::napi_async_cleanup_hook_handle,
    memory: Vec<u128>,
}

impl Poll {
    /// Starts to poll; nothing if the program has no libuv.
    pub(crate) fn start(
        env: sys::napi_env,
        fd: RawFd,
        callback: Callback,
    ) -> napi::Result<Option<Poll>> {
        let Some(libuv) = libuv() else {
            return Ok(None);
        };
        let mut event_loop: *mut sys::uv_loop_s = ptr::null_mut();
        // SAFETY: `env` is that of the native call that is running.
        let status = unsafe { sys::napi_get_uv_event_loop(env, &mut event_loop) };
        if status != sys::Status::napi_ok || event_loop.is_null() {
            return Ok(None);
        }
        // SAFETY: any type's number may be asked for.
        let size = unsafe { (libuv.handle_size)(UV_POLL) };
        // As much memory as libuv says, with the alignment of the largest type of C.
        let mut memory = vec![0u128; size.div_ceil(size_of::<u128>())];
        let handle = NonNull::new(memory.as_mut_ptr().cast::<Handle>())
            .expect("a vector's memory is not null");
        // SAFETY: the memory is large enough and stays where it is until `closed` frees it.
        let result = unsafe { (libuv.poll_init)(event_loop.cast(), handle.as_ptr(), fd) };
        if result != 0 {
            return Err(napi::Error::from_reason(format!("uv_poll_init: {result}")));
        }
        let data = Box::into_raw(Box::new(Data {
            libuv,
            callback,
            hook: ptr::null_mut(),
            memory,
        }));
        // SAFETY: the handle was initialised; `data` lives until `closed`. The hook runs on this thread, before the loop ends.
        unsafe {
            (libuv.set_data)(handle.as_ptr(), data.cast());
            (libuv.poll_start)(handle.as_ptr(), UV_READABLE, readable);
            (libuv.release)(handle.as_ptr());
            let status = sys::napi_add_async_cleanup_hook(
                env,
                Some(ending),
                handle.as_ptr(),
                &mut (*data).hook,
            );
            check(status, "napi_add_async_cleanup_hook")?;
        }
        Ok(Some(Poll { libuv, handle }))
    }

    pub(crate) fn keep_alive(&self, alive: bool) {
        let change = if alive {
            self.libuv.take
        } else {
            self.libuv.release
        };
        // SAFETY: the handle lives as long as its environment, and so does the runtime that owns this.
        unsafe { change(self.handle.as_ptr()) };
    }
}

unsafe extern "C" fn readable(handle: *mut Handle, _: c_int, _: c_int) {
    let Some(libuv) = libuv() else { return };
    // SAFETY: set before the poll was started, freed only when the handle is closed.
    let callback = unsafe { (*(libuv.get_data)(handle).cast::<Data>()).callback };
    callback.run();
}

/// The environment ends: closes the handle, which the loop does in its own time.
unsafe extern "C" fn ending(_: sys::napi_async_cleanup_hook_handle, handle: *mut c_void) {
    let Some(libuv) = libuv() else { return };
    crate::runtime::end();
    // SAFETY: runs once, on the loop's thread.
    unsafe {
        (libuv.poll_stop)(handle);
        (libuv.close)(handle, closed);
    }
}

unsafe extern "C" fn closed(handle: *mut Handle) {
    let Some(libuv) = libuv() else { return };
    // SAFETY: libuv is done with the handle; nobody else has the data.
    unsafe {
        let data = Box::from_raw((libuv.get_data)(handle).cast::<Data>());
        data.callback.release();
        sys::napi_remove_async_cleanup_hook(data.hook);
        drop(data.memory);
        let _ = data.libuv;
    }
}
