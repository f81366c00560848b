//! The directories in which instances register, and the checks before one is used.
//!
//! A directory that several users share is made by the administrator: `install -d -m 3770 -g GROUP /run/hms`. In it each user has
//! a folder named by the user id (mode 2750) with sockets of mode 0660.

use crate::runtime::account::own_uid;
use crate::runtime::settings::Settings;
use hms_ffi_core::error::{Code, Error, Result};
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// All directories that are looked at, in order, whether they exist or not.
pub(crate) fn searched(settings: &Settings) -> Vec<PathBuf> {
    if let Some(explicit) = &settings.runtime_dir {
        return vec![explicit.clone()];
    }
    let mut all = vec![PathBuf::from("/run/hms")];
    if let Some(runtime) = std::env::var_os("XDG_RUNTIME_DIR").filter(|v| !v.is_empty()) {
        all.push(Path::new(&runtime).join("hms"));
    }
    all.push(private());
    all
}

fn private() -> PathBuf {
    std::env::temp_dir().join(format!("hms-{}", own_uid()))
}

/// The directories that exist and can be trusted. An explicit one that cannot be is an error, another one is left out with a warning.
pub(super) fn usable(settings: &Settings) -> Result<Vec<PathBuf>> {
    let mut usable = Vec::new();
    for directory in searched(settings) {
        match check(&directory) {
            Ok(true) => usable.push(directory),
            Ok(false) => {}
            Err(error) if settings.runtime_dir.is_some() => return Err(error),
            Err(error) => log::warn!("{error}"),
        }
    }
    Ok(usable)
}

/// Whether the directory exists; an error if it exists and somebody else could put entries of others in or take them away.
fn check(directory: &Path) -> Result<bool> {
    let refuse = |why: String| {
        Err(Error::new(
            Code::FailedPrecondition,
            format!("runtime directory {}: {why}", directory.display()),
        ))
    };
    let meta = match fs::metadata(directory) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return refuse(error.to_string()),
    };
    if !meta.is_dir() {
        return refuse("is not a directory".into());
    }
    if meta.uid() != 0 && meta.uid() != own_uid() {
        return refuse(format!(
            "belongs to user {}, neither to root nor to us ({}); choose another one with HMS_RUNTIME_DIR or chown it to root",
            meta.uid(),
            own_uid()
        ));
    }
    if meta.mode() & 0o022 != 0 && meta.mode() & 0o1000 == 0 {
        return refuse(format!(
            "mode {:04o} lets others remove our entries; cure: chmod 3770 (shared within a group) or chmod 700 (private)",
            meta.mode() & 0o7777
        ));
    }
    Ok(true)
}

/// The folder of a user in a directory; `None` if there is none, or it is not that user's own (with a warning).
pub(super) fn of_user(directory: &Path, uid: u32) -> Option<PathBuf> {
    let folder = directory.join(uid.to_string());
    let meta = fs::symlink_metadata(&folder).ok()?;
    if !meta.is_dir() || meta.uid() != uid || meta.mode() & 0o022 != 0 {
        log::warn!(
            "{} is ignored: it must be a directory of user {uid} that nobody else may write",
            folder.display()
        );
        return None;
    }
    Some(folder)
}

/// Our own folder in the first directory that we may write, made if it is missing.
pub(super) fn own(settings: &Settings) -> Result<PathBuf> {
    let all = searched(settings);
    let mut refusals = Vec::new();
    for directory in &all {
        match prepare(
            directory,
            settings.runtime_dir.is_some() || *directory != all[0],
        ) {
            Ok(folder) => return Ok(folder),
            Err(error) => refusals.push(error.message().to_owned()),
        }
    }
    Err(Error::new(
        Code::FailedPrecondition,
        format!("no runtime directory can be used: {}", refusals.join("; ")),
    ))
}

fn prepare(directory: &Path, may_make: bool) -> Result<PathBuf> {
    let failed = |path: &Path, error: io::Error| {
        Error::new(
            Code::FailedPrecondition,
            format!("{}: {error}", path.display()),
        )
    };
    if !check(directory)? {
        if !may_make {
            return Err(Error::new(
                Code::FailedPrecondition,
                format!("{} does not exist", directory.display()),
            ));
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|e| failed(directory, e))?;
        check(directory)?;
    }
    let folder = directory.join(own_uid().to_string());
    match DirBuilder::new().mode(0o750).create(&folder) {
        // The set-gid bit hands the directory's group on to the sockets; the umask may have taken bits away.
        Ok(()) => fs::set_permissions(&folder, Permissions::from_mode(0o2750))
            .map_err(|e| failed(&folder, e))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(&folder, error)),
    }
    of_user(directory, own_uid()).ok_or_else(|| {
        Error::new(
            Code::FailedPrecondition,
            format!(
                "{} is not a directory of ours alone; remove it",
                folder.display()
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str, mode: u32) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("hms-directory-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir(&dir).expect("scratch directory");
        fs::set_permissions(&dir, Permissions::from_mode(mode)).expect("chmod");
        dir
    }

    fn settings(dir: &Path) -> Settings {
        Settings {
            runtime_dir: Some(dir.to_owned()),
            ..Settings::default()
        }
    }

    #[test]
    fn a_directory_that_others_may_write_needs_the_sticky_bit() {
        let dir = scratch("open", 0o777);
        let error = usable(&settings(&dir)).expect_err("refused");
        assert_eq!(error.code(), Code::FailedPrecondition);
        assert!(error.message().contains("chmod 3770"), "{error}");
        assert!(own(&settings(&dir)).is_err());
        fs::set_permissions(&dir, Permissions::from_mode(0o1777)).expect("chmod");
        assert_eq!(
            usable(&settings(&dir)).expect("accepted"),
            std::slice::from_ref(&dir)
        );
        fs::remove_dir_all(dir).expect("clean up");
    }

    #[test]
    fn our_folder_is_made_once_with_its_mode() {
        let dir = scratch("own", 0o700);
        let inner = dir.join("a/b");
        let folder = own(&settings(&inner)).expect("made");
        assert_eq!(
            fs::metadata(&folder).expect("exists").mode() & 0o7777,
            0o2750
        );
        assert_eq!(fs::metadata(&inner).expect("exists").mode() & 0o7777, 0o700);
        assert_eq!(own(&settings(&inner)).expect("found"), folder);
        fs::set_permissions(&folder, Permissions::from_mode(0o777)).expect("chmod");
        assert!(
            own(&settings(&inner)).is_err(),
            "a folder that others may write is not used"
        );
        fs::remove_dir_all(dir).expect("clean up");
    }
}
