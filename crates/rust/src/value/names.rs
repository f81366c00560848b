//! Which Rust name stands for which WIT name: `not_covered`, `notCovered`, `NotCovered` and `not-covered` are the same.

use hms_ffi_core::contract::schema::{Case, Field};

/// What has a WIT name.
pub(super) trait Named {
    /// The name in kebab-case.
    fn name(&self) -> &str;
}

impl Named for Field {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for Case {
    fn name(&self) -> &str {
        &self.name
    }
}

/// The index of the item that `rust` names. `hint` is where it is likely to be, which makes the usual case quick.
///
/// Names with the same word boundaries win over names that only agree in their letters (`SCREAMING_CASE`, `HTTPServer`).
pub(super) fn find<T: Named>(items: &[T], rust: &str, hint: usize) -> Option<usize> {
    if items
        .get(hint)
        .is_some_and(|item| same_words(item.name(), rust))
    {
        return Some(hint);
    }
    items
        .iter()
        .position(|item| same_words(item.name(), rust))
        .or_else(|| {
            items
                .iter()
                .position(|item| same_letters(item.name(), rust))
        })
}

/// The one of `names` that stands for the WIT name `wit`, with the same preference as [`find`].
pub(super) fn choose(
    names: &'static [&'static str],
    wit: &str,
    hint: usize,
) -> Option<&'static str> {
    match names.get(hint) {
        Some(name) if same_words(wit, name) => Some(name),
        _ => names
            .iter()
            .find(|name| same_words(wit, name))
            .or_else(|| names.iter().find(|name| same_letters(wit, name)))
            .copied(),
    }
}

/// Whether both names have the same words. A trailing `_`, as reserved words get it, does not count.
fn same_words(wit: &str, rust: &str) -> bool {
    let (wit, rust) = (wit.as_bytes(), rust.as_bytes());
    let (mut i, mut j) = (0, 0);
    while let (Some(&w), Some(&r)) = (wit.get(i), rust.get(j)) {
        if w == b'-' {
            match r {
                b'_' | b'-' => (i, j) = (i + 1, j + 1),
                b'A'..=b'Z' => i += 1,
                _ => return false,
            }
            match (wit.get(i), rust.get(j)) {
                (Some(w), Some(r)) if w.eq_ignore_ascii_case(r) => (i, j) = (i + 1, j + 1),
                _ => return false,
            }
        } else if w == r || (j == 0 && w.eq_ignore_ascii_case(&r)) {
            (i, j) = (i + 1, j + 1);
        } else {
            return false;
        }
    }
    i == wit.len() && (j == rust.len() || &rust[j..] == b"_")
}

/// Whether both names have the same letters and digits, whatever their case and the marks between them.
pub(crate) fn same_letters(wit: &str, rust: &str) -> bool {
    fn only(name: &str) -> impl Iterator<Item = u8> + '_ {
        name.bytes()
            .filter(|b| !matches!(b, b'-' | b'_'))
            .map(|b| b.to_ascii_lowercase())
    }
    only(wit).eq(only(rust))
}

/// A WIT name as Rust spells fields and functions.
pub(crate) fn snake(wit: &str) -> String {
    wit.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name() {
        for rust in [
            "not-covered",
            "not_covered",
            "notCovered",
            "NotCovered",
            "not_covered_",
        ] {
            assert!(same_words("not-covered", rust), "{rust}");
        }
        for rust in [
            "notcovered",
            "not_cover",
            "not_covered_x",
            "NOT_COVERED",
            "",
            "_",
        ] {
            assert!(!same_words("not-covered", rust), "{rust}");
        }
        assert!(same_words("type", "type_"));
        assert!(same_letters("not-covered", "NOT_COVERED"));
    }

    #[test]
    fn word_boundaries_win_over_letters() {
        let names: &[&str] = &["ab", "a_b"];
        assert_eq!(choose(names, "a-b", 0), Some("a_b"));
        assert_eq!(choose(names, "ab", 1), Some("ab"));
        assert_eq!(choose(&["AB"], "a-b", 0), Some("AB"));
        assert_eq!(
            choose(&["HTTPServer"], "http-server", 0),
            Some("HTTPServer")
        );
        assert_eq!(choose(names, "b", 0), None);
    }
}
