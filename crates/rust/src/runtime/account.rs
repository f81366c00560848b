//! Users of this machine by name.

use std::ffi::{CStr, CString};

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

/// The name of a user id; `None` if there is no such user.
pub(crate) fn name_of(uid: u32) -> Option<String> {
    let mut buffer = vec![0; 16 * 1024];
    let mut found = std::ptr::null_mut();
    // SAFETY: as in `uid_of`; the name is read while `buffer`, which it lies in, is alive.
    unsafe {
        let mut entry: libc::passwd = std::mem::zeroed();
        libc::getpwuid_r(
            uid,
            &mut entry,
            buffer.as_mut_ptr(),
            buffer.len(),
            &mut found,
        );
        let known = !found.is_null() && !entry.pw_name.is_null();
        known.then(|| CStr::from_ptr(entry.pw_name).to_string_lossy().into_owned())
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
        assert_eq!(name_of(0).as_deref(), Some("root"));
        assert_eq!(name_of(4_000_000_123), None);
    }
}
