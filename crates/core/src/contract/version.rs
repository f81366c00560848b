//! Names of interfaces with versions: which offered interface satisfies which wish.

use std::cmp::Ordering;

/// Whether an interface that is offered (`hms:claims/adjudication@1.2.3`) satisfies one that is wanted: the same name
/// and, if a version is wanted (`@1`, `@1.2` or `@1.2.0`), one of the same track (the major version, or the minor one for 0.x)
/// that is at least as high. A pre-release satisfies only a wish for exactly itself.
pub fn interface_matches(wanted: &str, offered: &str) -> bool {
    let (wanted_name, wanted) = split(wanted);
    let (offered_name, offered) = split(offered);
    if wanted_name != offered_name {
        return false;
    }
    let Some(wanted) = wanted else { return true };
    let Some(offered) = offered else { return false };
    let (Some(wanted), Some(offered)) =
        (Version::parse(wanted, true), Version::parse(offered, false))
    else {
        return false;
    };
    if !wanted.pre.is_empty() || !offered.pre.is_empty() {
        return wanted == offered;
    }
    let same_track = wanted.number[0] == offered.number[0]
        && (wanted.number[0] != 0 || wanted.parts < 2 || wanted.number[1] == offered.number[1]);
    same_track && offered.number >= wanted.number
}

/// The order of two full interface names: by name, then by version (none is lowest).
pub fn compare(a: &str, b: &str) -> Ordering {
    let ((a_name, a_version), (b_name, b_version)) = (split(a), split(b));
    let parse = |version: Option<&str>| version.and_then(|v| semver::Version::parse(v).ok());
    a_name
        .cmp(b_name)
        .then_with(|| parse(a_version).cmp(&parse(b_version)))
}

/// The name of an interface without its version, and the version.
pub fn split(interface: &str) -> (&str, Option<&str>) {
    match interface.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (interface, None),
    }
}

#[derive(PartialEq, Eq)]
struct Version {
    number: [u64; 3],
    parts: usize,
    pre: String,
}

impl Version {
    /// Build metadata is ignored; `partial` allows one or two numbers.
    fn parse(text: &str, partial: bool) -> Option<Version> {
        let text = text.split_once('+').map_or(text, |(version, _)| version);
        let (numbers, pre) = text.split_once('-').unwrap_or((text, ""));
        let mut number = [0; 3];
        let mut parts = 0;
        for part in numbers.split('.') {
            if parts == 3 || part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            number[parts] = part.parse().ok()?;
            parts += 1;
        }
        (parts == 3 || (partial && pre.is_empty())).then(|| Version {
            number,
            parts,
            pre: pre.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::interface_matches;

    #[test]
    fn versions_match_within_their_track() {
        let table = [
            ("a:b/c", "a:b/c@1.2.3", true),
            ("a:b/c", "a:b/c", true),
            ("a:b/c@1", "a:b/c@1.2.3", true),
            ("a:b/c@1.2", "a:b/c@1.2.0", true),
            ("a:b/c@1.2", "a:b/c@1.3.0", true),
            ("a:b/c@1.2", "a:b/c@1.1.9", false),
            ("a:b/c@1.2.4", "a:b/c@1.2.3", false),
            ("a:b/c@1.2", "a:b/c@2.2.0", false),
            ("a:b/c@0.2", "a:b/c@0.2.5", true),
            ("a:b/c@0.2", "a:b/c@0.3.0", false),
            ("a:b/c@0", "a:b/c@0.3.0", true),
            ("a:b/c@1.2", "a:b/c", false),
            ("a:b/c@1.2.0", "a:b/d@1.2.0", false),
            ("a:b/c@1.0.0-rc.1", "a:b/c@1.0.0-rc.1", true),
            ("a:b/c@1.0.0-rc.1", "a:b/c@1.0.0", false),
            ("a:b/c@1.0", "a:b/c@1.1.0-rc.1", false),
            ("a:b/c@1.0.0", "a:b/c@1.0.0+build.7", true),
            ("a:b/c@", "a:b/c@1.0.0", false),
            ("a:b/c@x", "a:b/c@1.0.0", false),
            ("a:b/c@1.2.3.4", "a:b/c@1.2.3", false),
        ];
        for (wanted, offered, expected) in table {
            assert_eq!(
                interface_matches(wanted, offered),
                expected,
                "{wanted} against {offered}"
            );
        }
    }
}
