//! Users of this machine by name.

use std::ffi::CString;

/// The user id of a name or of a number written as text; `None` if there is no such user.
pub(crate) fn uid_of(text: &str) -> Option<u32> {
    if let Ok(uid) = text.parse() {
        return Some(uid);
    }
    let name = CString::new(text).ok()?;
    let mut buffer = vec![0; 16 * 1024];
    let mut found = std::ptr::null_mut();
    // SAFETY: a zeroed passwd is a valid place for the result; every pointer outlives the call and `buffer.len()` is its size.
    unsafe {
        let mut entry: libc::passwd = std::mem::zeroed();
        libc::getpwnam_r(
            name.as_ptr(),
            &mut entry,
            buffer.as_mut_ptr(),
            buffer.len(),
            &mut found,
        );
        (!found.is_null()).then_some(entry.pw_uid)
    }
}

/// Our effective user id.
pub(crate) fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        assert_eq!(uid_of("root"), Some(0));
        assert_eq!(uid_of("4711"), Some(4711));
        assert_eq!(uid_of("no-such-user-here"), None);
        assert_eq!(uid_of("nul\0"), None);
    }
}
