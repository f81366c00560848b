//! What an instance says of itself in the directory: a small JSON file beside its socket.

use crate::runtime::account;
use hms_ffi_transport::fork::hold_off;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A running instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceDescription {
    /// Random name, never used again.
    pub name: String,
    /// The interfaces that it exports, with versions.
    pub interfaces: Vec<String>,
    /// `rust`, `python`, `node`, `go`, `ruby`, `php`.
    pub language: String,
    /// Process id in its own pid namespace.
    pub pid: u32,
    /// User id; what the directory says counts, not the file.
    pub uid: u32,
    /// Name of the program, for people.
    pub component: String,
    /// Version of HMS FFI.
    pub version: String,
    /// How it is reached: `socket`.
    pub transport: String,
    /// The folder that the description and the socket lie in.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Whether the instance lives in this process.
    #[serde(skip)]
    pub own: bool,
}

/// A description larger than this is not one of ours.
const LONGEST: u64 = 256 * 1024;

impl InstanceDescription {
    /// Name of the user, if there is one.
    pub fn user(&self) -> Option<String> {
        account::name_of(self.uid)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join(format!("{}.sock", self.name))
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.name))
    }
}

/// Appends the descriptions in `folder`, which belongs to `uid`. Those of this process are left out: they are known already, and
/// closing any descriptor of such a file would give up its record lock.
pub(super) fn read_all(folder: &Path, uid: u32, found: &mut Vec<InstanceDescription>) {
    let _whole = hold_off();
    let Ok(listing) = fs::read_dir(folder) else {
        return;
    };
    for entry in listing.flatten() {
        let path = entry.path();
        let Some(name) = path
            .file_name()
            .and_then(|n| n.to_str())
            .and_then(|n| n.strip_suffix(".json"))
        else {
            continue;
        };
        if found.iter().any(|known| known.own && known.name == name) {
            continue;
        }
        let mut text = String::new();
        let read =
            fs::File::open(&path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
        let parsed = read
            .ok()
            .and_then(|_| serde_json::from_str::<InstanceDescription>(&text).ok());
        match parsed {
            Some(description) if description.name == name => {
                found.push(InstanceDescription {
                    uid,
                    folder: folder.to_owned(),
                    own: false,
                    ..description
                });
            }
            // It may have been removed meanwhile; anything else deserves a word.
            _ if path.exists() => {
                log::warn!("{} is not a description of an instance", path.display())
            }
            _ => {}
        }
    }
}
