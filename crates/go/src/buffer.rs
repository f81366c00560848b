//! Bytes across the boundary.

/// Bytes that the library made and the caller frees with `hms_buffer_free`.
#[repr(C)]
pub struct Buffer {
    ptr: *mut u8,
    len: usize,
    cap: usize,
}

impl Buffer {
    pub const EMPTY: Buffer = Buffer {
        ptr: std::ptr::null_mut(),
        len: 0,
        cap: 0,
    };

    /// Bytes that stay the library's: freeing the buffer does nothing.
    pub fn borrowed(bytes: &[u8]) -> Buffer {
        Buffer {
            ptr: bytes.as_ptr().cast_mut(),
            len: bytes.len(),
            cap: 0,
        }
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Self {
        if bytes.capacity() == 0 {
            return Buffer::EMPTY;
        }
        let mut bytes = std::mem::ManuallyDrop::new(bytes);
        Buffer {
            ptr: bytes.as_mut_ptr(),
            len: bytes.len(),
            cap: bytes.capacity(),
        }
    }
}

/// The bytes at `ptr`; none for a null pointer.
///
/// # Safety
/// `ptr` is null or points to `len` bytes that nobody changes while the slice lives.
pub unsafe fn slice<'a>(ptr: *const u8, len: usize) -> &'a [u8] {
    if ptr.is_null() || len == 0 {
        return &[];
    }
    // SAFETY: as this function's own.
    unsafe { std::slice::from_raw_parts(ptr, len) }
}

/// The text at `ptr`, an error if it is not UTF-8.
///
/// # Safety
/// As [`slice`].
pub unsafe fn text<'a>(ptr: *const u8, len: usize) -> hms_ffi_core::error::Result<&'a str> {
    // SAFETY: as this function's own.
    std::str::from_utf8(unsafe { slice(ptr, len) })
        .map_err(|_| hms_ffi_core::error::Error::invalid_argument("a text is not valid UTF-8"))
}

/// Sets what an out pointer points to, unless it is null.
///
/// # Safety
/// `out` is null or valid for writing a `T`.
pub unsafe fn set<T>(out: *mut T, value: T) {
    if !out.is_null() {
        // SAFETY: as this function's own. The old value is not dropped: out parameters come uninitialised.
        unsafe { out.write(value) };
    }
}

/// Frees a buffer.
///
/// # Safety
/// `buffer` comes from this library and was not freed before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn hms_buffer_free(buffer: Buffer) {
    if buffer.cap != 0 {
        // SAFETY: the parts of a Vec<u8> that `Buffer::from` took apart.
        drop(unsafe { Vec::from_raw_parts(buffer.ptr, buffer.len, buffer.cap) });
    }
}
