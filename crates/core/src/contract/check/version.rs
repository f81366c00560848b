//! The version number that a change needs.

use semver::{BuildMetadata, Prerelease, Version};

/// The part of a version that has to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bump {
    /// Nothing changed.
    None,
    /// Only documentation and hints changed.
    Patch,
    /// Something is new (for 0.x the patch version moves).
    Minor,
    /// Old callers fail (for 0.x the minor version moves).
    Major,
}

impl Bump {
    /// `none`, `patch`, `minor` or `major`.
    pub const fn name(self) -> &'static str {
        match self {
            Bump::None => "none",
            Bump::Patch => "patch",
            Bump::Minor => "minor",
            Bump::Major => "major",
        }
    }
}

/// The lowest version after `old` that a change of this weight may have; `None` if `old` is no version.
pub fn next_version(old: &str, bump: Bump) -> Option<String> {
    let old = Version::parse(old).ok()?;
    if bump == Bump::None {
        return Some(old.to_string());
    }
    // A pre-release may still change in any way; the next one is at least its release.
    if !old.pre.is_empty() {
        return Some(
            Version {
                pre: Prerelease::EMPTY,
                build: BuildMetadata::EMPTY,
                ..old
            }
            .to_string(),
        );
    }
    let (major, minor, patch) = (old.major, old.minor, old.patch);
    let next = match (major, bump) {
        (0, Bump::Major) => (0, minor.checked_add(1)?, 0),
        (0, _) => (0, minor, patch.checked_add(1)?),
        (_, Bump::Major) => (major.checked_add(1)?, 0, 0),
        (_, Bump::Minor) => (major, minor.checked_add(1)?, 0),
        _ => (major, minor, patch.checked_add(1)?),
    };
    Some(Version::new(next.0, next.1, next.2).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_move_by_the_weight_of_the_change() {
        for (old, bump, next) in [
            ("1.2.3", Bump::None, "1.2.3"),
            ("1.2.3", Bump::Patch, "1.2.4"),
            ("1.2.3", Bump::Minor, "1.3.0"),
            ("1.2.3", Bump::Major, "2.0.0"),
            ("0.2.3", Bump::Patch, "0.2.4"),
            ("0.2.3", Bump::Minor, "0.2.4"),
            ("0.2.3", Bump::Major, "0.3.0"),
            ("1.0.0-rc.1", Bump::Major, "1.0.0"),
        ] {
            assert_eq!(
                next_version(old, bump).as_deref(),
                Some(next),
                "{old} {bump:?}"
            );
        }
        assert_eq!(next_version("x", Bump::Major), None);
    }
}
