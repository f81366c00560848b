//! Discovery: instances on one machine find each other in a directory; there is no daemon.
//!
//! - `directory`: which directories there are, and whether they can be trusted;
//! - `description`: what an instance says of itself;
//! - `registration`: our own entry, and whether somebody else's is alive.

mod description;
mod directory;
mod registration;

pub use description::InstanceDescription;
pub(crate) use directory::searched;
pub(crate) use registration::{Registration, forget, is_alive};

use super::settings::Settings;
use hms_ffi_core::error::Result;

/// All live instances of users that we trust, those of this process included; entries that are known to be dead are removed if they are ours.
///
/// # Errors
/// `failed-precondition` when the explicit runtime directory cannot be trusted.
pub fn list(settings: &Settings) -> Result<Vec<InstanceDescription>> {
    let mut found: Vec<InstanceDescription> = entries(settings)?
        .into_iter()
        .filter(|entry| {
            let alive = is_alive(entry);
            if !alive {
                forget(entry);
            }
            alive
        })
        .collect();
    found.sort_by(|a, b| (&a.interfaces, &a.name).cmp(&(&b.interfaces, &b.name)));
    Ok(found)
}

/// All entries, dead or alive.
pub(crate) fn entries(settings: &Settings) -> Result<Vec<InstanceDescription>> {
    let directories = directory::usable(settings)?;
    let mut found = registration::own();
    found.retain(|entry| {
        directories
            .iter()
            .any(|directory| entry.folder.parent() == Some(directory))
    });
    for directory in directories {
        for uid in settings.trusted() {
            let Some(folder) = directory::of_user(&directory, uid) else {
                continue;
            };
            description::read_all(&folder, uid, &mut found);
        }
    }
    // The same directory can be reached twice (XDG_RUNTIME_DIR=/run), and a user can be named twice.
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found.dedup_by(|a, b| a.name == b.name);
    Ok(found)
}
