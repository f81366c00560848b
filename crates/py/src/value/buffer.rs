//! Python's buffer protocol: bytes and packed numbers without a Python object for each element.

use std::ffi::CStr;
use std::mem::MaybeUninit;

use hms_ffi_core::convert::Failure;
use hms_ffi_core::wire::Number;
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;

/// A view of an object's memory, released when dropped.
pub(crate) struct Buffer<'py> {
    view: Box<ffi::Py_buffer>,
    /// The view may only be released with the GIL held.
    _py: Python<'py>,
}

/// What the elements of a buffer are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    Number(Number),
    /// `c`: single bytes.
    Byte,
    Other,
}

impl<'py> Buffer<'py> {
    /// The object's buffer with format and strides; none if it has no such thing.
    pub fn of(value: &Bound<'py, PyAny>) -> Option<Buffer<'py>> {
        // SAFETY: the object is alive and the GIL held; the view is filled before it is read.
        unsafe {
            if ffi::PyObject_CheckBuffer(value.as_ptr()) == 0 {
                return None;
            }
            // Exporters may keep pointers into the view, so it has to stay where it is: boxed before it is filled.
            let mut view = Box::new(MaybeUninit::<ffi::Py_buffer>::zeroed());
            if ffi::PyObject_GetBuffer(value.as_ptr(), view.as_mut_ptr(), ffi::PyBUF_FULL_RO) != 0 {
                ffi::PyErr_Clear();
                return None;
            }
            let view = Box::from_raw(Box::into_raw(view).cast::<ffi::Py_buffer>());
            Some(Buffer {
                view,
                _py: value.py(),
            })
        }
    }

    /// Whether it has one dimension.
    pub fn is_flat(&self) -> bool {
        self.view.ndim == 1
    }

    /// The type of its elements.
    pub fn element(&self) -> Element {
        let format = if self.view.format.is_null() {
            c"B"
        } else {
            // SAFETY: the exporter gives a C string that lives as long as the view.
            unsafe { CStr::from_ptr(self.view.format) }
        };
        element(format.to_bytes(), self.view.itemsize as usize)
    }

    /// Shows the elements, packed, to `read`; copies them first only where they are strided.
    pub fn read<R>(&self, read: impl FnOnce(&[u8]) -> R) -> Result<R, Failure<PyErr>> {
        let len = self.view.len as usize;
        if len == 0 {
            return Ok(read(&[]));
        }
        // SAFETY: the view is valid until it is released, and its memory is `len` bytes where it is contiguous. The GIL
        // is held while `read` runs, so that no Python code writes to it; `read` only copies the bytes.
        unsafe {
            if ffi::PyBuffer_IsContiguous(&*self.view, b'C' as std::ffi::c_char) != 0 {
                return Ok(read(std::slice::from_raw_parts(
                    self.view.buf.cast::<u8>(),
                    len,
                )));
            }
            let mut copy = vec![0u8; len];
            let failed = ffi::PyBuffer_ToContiguous(
                copy.as_mut_ptr().cast(),
                &*self.view,
                self.view.len,
                b'C' as std::ffi::c_char,
            );
            if failed != 0 {
                let error = PyErr::take(self._py)
                    .unwrap_or_else(|| PyBufferError::new_err("the buffer cannot be read"));
                return Err(Failure::host(error));
            }
            Ok(read(&copy))
        }
    }
}

impl Drop for Buffer<'_> {
    fn drop(&mut self) {
        // SAFETY: the view was filled by PyObject_GetBuffer and is released once, with the GIL held.
        unsafe { ffi::PyBuffer_Release(&mut *self.view) }
    }
}

/// The struct module's format letters, in this machine's sizes and byte order.
fn element(format: &[u8], size: usize) -> Element {
    let (order, letter) = match format {
        [letter] => (b'@', *letter),
        [order, letter] => (*order, *letter),
        _ => return Element::Other,
    };
    let native = match order {
        b'@' | b'=' => true,
        b'<' => cfg!(target_endian = "little"),
        b'>' | b'!' => cfg!(target_endian = "big"),
        _ => return Element::Other,
    };
    if !native && size != 1 {
        return Element::Other;
    }
    Element::Number(match (letter, size) {
        (b'c', 1) => return Element::Byte,
        (b'b', 1) => Number::S8,
        (b'B', 1) => Number::U8,
        (b'h', 2) => Number::S16,
        (b'H', 2) => Number::U16,
        (b'i' | b'l', 4) => Number::S32,
        (b'I' | b'L', 4) => Number::U32,
        (b'q' | b'l' | b'n', 8) => Number::S64,
        (b'Q' | b'L' | b'N', 8) => Number::U64,
        (b'f', 4) => Number::F32,
        (b'd', 8) => Number::F64,
        _ => return Element::Other,
    })
}
