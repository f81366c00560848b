//! Our own entries in the directory, and whether the entries of others are alive.
//!
//! An instance holds a POSIX record lock on its description: it ends with the process, works across pid namespaces, and a
//! forked child does not inherit it.

use super::description::InstanceDescription;
use super::directory;
use crate::runtime::account::own_uid;
use crate::runtime::settings::Settings;
use hms_ffi_core::error::{Error, Result};
use hms_ffi_transport::fork::{Descriptor, PerProcess, hold_off};
use hms_ffi_transport::socket::Listener;
use rustix::fs::FlockOperation;
use rustix::process::{Flock, FlockOffsetType, FlockType, fcntl_getlk};
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Mutex;

/// The instances of this process.
static OWN: PerProcess<Mutex<Vec<InstanceDescription>>> =
    PerProcess::new(|| Mutex::new(Vec::new()));

pub(super) fn own() -> Vec<InstanceDescription> {
    OWN.get().lock().expect("no panic while held").clone()
}

/// An entry of ours; dropping it removes it.
#[derive(Debug)]
pub(crate) struct Registration {
    description: InstanceDescription,
    /// Keeps the record lock.
    lock: Descriptor,
}

impl Registration {
    /// Listens under a new random name and, once that works, publishes the description.
    pub(crate) fn publish(
        settings: &Settings,
        interfaces: Vec<String>,
        language: &str,
        component: &str,
    ) -> Result<(Self, Listener)> {
        let folder = directory::own(settings)?;
        let description = InstanceDescription {
            name: random_name(),
            interfaces,
            language: language.to_owned(),
            pid: std::process::id(),
            uid: own_uid(),
            component: component.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            transport: "socket".to_owned(),
            folder,
            own: true,
        };
        let failed = |path: &Path, error: io::Error| {
            Error::unavailable(format!("{}: {error}", path.display()))
        };
        let socket = description.socket();
        let listener = Listener::bind(&socket).map_err(|e| failed(&socket, e))?;
        let published = fs::set_permissions(&socket, Permissions::from_mode(0o660))
            .and_then(|()| write(&description));
        match published {
            Ok(lock) => {
                OWN.get()
                    .lock()
                    .expect("no panic while held")
                    .push(description.clone());
                Ok((Registration { description, lock }, listener))
            }
            Err(error) => {
                let _ = fs::remove_file(&socket);
                Err(failed(&description.file(), error))
            }
        }
    }

    /// The instance's random name.
    pub(crate) fn name(&self) -> &str {
        &self.description.name
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        // In a forked child the entry is still the parent's.
        if self.lock.is_ours() {
            let _ = fs::remove_file(self.description.file());
            let _ = fs::remove_file(self.description.socket());
            OWN.get()
                .lock()
                .expect("no panic while held")
                .retain(|d| d.name != self.description.name);
        }
    }
}

/// Writes the description under another name, locks it and renames it into place: who sees it sees it whole and locked.
fn write(description: &InstanceDescription) -> io::Result<Descriptor> {
    let _whole = hold_off();
    let draft = description
        .folder
        .join(format!(".{}.draft", description.name));
    let result = (|| {
        let mut file = fs::File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&draft)?;
        file.set_permissions(Permissions::from_mode(0o640))?;
        file.write_all(&serde_json::to_vec(description)?)?;
        rustix::fs::fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive)?;
        fs::rename(&draft, description.file())?;
        Ok(Descriptor::new(file.into()))
    })();
    if result.is_err() {
        let _ = fs::remove_file(&draft);
    }
    result
}

/// Whether the instance's process still holds its lock. In doubt (no right to look) it is alive.
pub(crate) fn is_alive(entry: &InstanceDescription) -> bool {
    if entry.own {
        return true;
    }
    let _whole = hold_off();
    let file = match fs::File::open(entry.file()) {
        Ok(file) => file,
        Err(error) => return error.kind() != io::ErrorKind::NotFound,
    };
    let probe = Flock {
        start: 0,
        length: 0,
        pid: None,
        typ: FlockType::WriteLock,
        offset_type: FlockOffsetType::Set,
    };
    !matches!(fcntl_getlk(&file, &probe), Ok(None))
}

/// Removes the entry of an instance that is known to be dead, as far as we may.
pub(crate) fn forget(entry: &InstanceDescription) {
    if !entry.own && entry.uid == own_uid() {
        let _ = fs::remove_file(entry.file());
        let _ = fs::remove_file(entry.socket());
    }
}

fn random_name() -> String {
    let mut bytes = [0u8; 12];
    // The kernel's generator; it only fails before it is seeded, and then blocks instead without flags.
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty())
        .expect("random bytes from the kernel");
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::discovery::{entries, list};

    fn scratch(name: &str) -> Settings {
        let dir =
            std::env::temp_dir().join(format!("hms-registration-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        Settings {
            runtime_dir: Some(dir),
            ..Settings::default()
        }
    }

    #[test]
    fn an_entry_lives_as_long_as_its_registration() {
        let settings = scratch("lives");
        let (registration, _listener) =
            Registration::publish(&settings, vec!["a:b/c@1.0.0".into()], "rust", "test")
                .expect("published");
        let found = list(&settings).expect("list");
        let found: Vec<_> = found
            .iter()
            .filter(|d| d.name == registration.name())
            .collect();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].interfaces, ["a:b/c@1.0.0"]);
        // Another process sees the lock, also after we have listed.
        let file = found[0].file();
        let script = format!(
            "import fcntl,sys\nf=open({:?},'r+')\ntry:\n fcntl.lockf(f,fcntl.LOCK_EX|fcntl.LOCK_NB)\nexcept OSError: sys.exit(7)",
            file.display().to_string()
        );
        let status = std::process::Command::new("python3")
            .arg("-c")
            .arg(script)
            .status()
            .expect("python3");
        assert_eq!(status.code(), Some(7));
        drop(registration);
        assert!(!file.exists());
        fs::remove_dir_all(settings.runtime_dir.expect("set")).expect("clean up");
    }

    #[test]
    fn a_dead_entry_is_removed_and_rubbish_is_ignored() {
        let settings = scratch("dead");
        let folder = directory::own(&settings).expect("folder");
        let dead = r#"{"name":"dead","interfaces":["a:b/c"],"language":"go","pid":1,"uid":0,"component":"x","version":"0","transport":"socket"}"#;
        fs::write(folder.join("dead.json"), dead).expect("write");
        fs::write(folder.join("rubbish.json"), "{").expect("write");
        fs::write(folder.join("liar.json"), dead).expect("write");
        assert!(
            entries(&settings)
                .expect("entries")
                .iter()
                .any(|d| d.name == "dead")
        );
        assert!(
            !list(&settings)
                .expect("list")
                .iter()
                .any(|d| d.name == "dead")
        );
        assert!(!folder.join("dead.json").exists());
        assert!(folder.join("rubbish.json").exists());
        fs::remove_dir_all(settings.runtime_dir.expect("set")).expect("clean up");
    }
}
