//! Names of a contract in each language, and the names that a language keeps for itself.

mod reserved;

/// A language of a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// Rust.
    Rust,
    /// Python.
    Python,
    /// JavaScript and TypeScript.
    JavaScript,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
    /// Go.
    Go,
}

impl Language {
    /// All languages.
    pub const ALL: [Language; 6] = [
        Language::Rust,
        Language::Python,
        Language::JavaScript,
        Language::Ruby,
        Language::Php,
        Language::Go,
    ];

    /// The language's name as it writes itself.
    pub const fn name(self) -> &'static str {
        match self {
            Language::Rust => "Rust",
            Language::Python => "Python",
            Language::JavaScript => "JavaScript",
            Language::Ruby => "Ruby",
            Language::Php => "PHP",
            Language::Go => "Go",
        }
    }
}

/// Where a name of the contract stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Position {
    /// A function, or a member of a resource without its resource (`add`).
    Function,
    /// A parameter of a function.
    Param,
    /// A field of a record.
    Field,
    /// A named type or resource.
    Type,
    /// A case of an enum.
    EnumCase,
    /// A case of a variant.
    VariantCase,
    /// A flag.
    Flag,
}

/// The name of a function in `language`; members of resources (`[method]worklist.add`) lose their resource, and a
/// constructor has its type's name.
pub fn function(language: Language, wit: &str) -> String {
    match wit.strip_prefix("[constructor]") {
        Some(resource) => type_name(language, resource),
        None => map(language, Position::Function, member(wit)),
    }
}

/// The name of a parameter in `language`.
pub fn param(language: Language, wit: &str) -> String {
    map(language, Position::Param, wit)
}

/// The name of a record's field in `language`.
pub fn field(language: Language, wit: &str) -> String {
    map(language, Position::Field, wit)
}

/// The name of a type or resource in `language`.
pub fn type_name(language: Language, wit: &str) -> String {
    map(language, Position::Type, wit)
}

/// The name of an enum's case in `language`.
pub fn enum_case(language: Language, wit: &str) -> String {
    map(language, Position::EnumCase, wit)
}

/// The name of a variant's case in `language`.
pub fn variant_case(language: Language, wit: &str) -> String {
    map(language, Position::VariantCase, wit)
}

/// The name of a flag in `language`.
pub fn flag(language: Language, wit: &str) -> String {
    map(language, Position::Flag, wit)
}

/// The resource that a function's name speaks of and the function's own name: `[method]worklist.add` is
/// (`worklist`, `add`), a constructor has an empty own name.
pub fn split_member(wit: &str) -> (Option<&str>, &str) {
    let Some(rest) = wit.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return (None, wit);
    };
    match rest.1.split_once('.') {
        Some((resource, member)) => (Some(resource), member),
        None => (Some(rest.1), ""),
    }
}

fn member(wit: &str) -> &str {
    split_member(wit).1
}

/// The name `wit` at `position` in `language`.
pub fn map(language: Language, position: Position, wit: &str) -> String {
    let mut name = style(language, position).apply(wit);
    if reserved::contains(language, position, &name) {
        name.push('_');
    }
    name
}

/// The languages in which the name `wit` at `position` gets a trailing `_`.
pub fn reserved_in(position: Position, wit: &str) -> Vec<Language> {
    let is_reserved = |language: &Language| {
        reserved::contains(*language, position, &style(*language, position).apply(wit))
    };
    Language::ALL.into_iter().filter(is_reserved).collect()
}

/// The first of `names` that some language cannot tell from one before it, and why.
pub fn clash(position: Position, names: &[&str]) -> Option<(usize, String)> {
    for language in Language::ALL {
        let mut seen = std::collections::HashMap::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            let mapped = map(language, position, name);
            // PHP's functions and classes are the same in any case.
            let folded = match (language, position) {
                (Language::Php, Position::Function | Position::Type) => mapped.to_ascii_lowercase(),
                _ => mapped.clone(),
            };
            if let Some(first) = seen.insert(folded, *name) {
                let message = format!(
                    "`{first}` and `{name}` would both be `{mapped}` in {}: rename one",
                    language.name()
                );
                return Some((index, message));
            }
        }
    }
    None
}

#[derive(Clone, Copy)]
enum Style {
    Snake,
    UpperSnake,
    Camel,
    Pascal,
    AsIs,
}

fn style(language: Language, position: Position) -> Style {
    use {Language as L, Position as P, Style as S};
    match (position, language) {
        (P::Function | P::Param | P::Field, L::Rust | L::Python | L::Ruby) => S::Snake,
        (P::Function | P::Param | P::Field, L::JavaScript | L::Php) => S::Camel,
        (P::EnumCase | P::VariantCase | P::Flag, L::JavaScript | L::Php) => S::AsIs,
        (P::EnumCase | P::Flag, L::Python) | (P::Flag, L::Rust) => S::UpperSnake,
        (P::EnumCase | P::Flag, L::Ruby) => S::Snake,
        _ => S::Pascal,
    }
}

impl Style {
    /// WIT names are words of letters and digits with dashes between them.
    fn apply(self, wit: &str) -> String {
        if let Style::AsIs = self {
            return wit.to_owned();
        }
        let mut name = String::with_capacity(wit.len());
        for (i, word) in wit.split('-').enumerate() {
            match self {
                Style::Snake | Style::UpperSnake if i > 0 => name.push('_'),
                _ => {}
            }
            match self {
                Style::UpperSnake => name.push_str(&word.to_ascii_uppercase()),
                Style::Pascal => push_capitalised(&mut name, word),
                Style::Camel if i > 0 => push_capitalised(&mut name, word),
                _ => name.push_str(&word.to_ascii_lowercase()),
            }
        }
        name
    }
}

fn push_capitalised(name: &mut String, word: &str) {
    let mut chars = word.chars();
    name.extend(chars.next().map(|c| c.to_ascii_uppercase()));
    name.extend(chars.map(|c| c.to_ascii_lowercase()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_each_language() {
        let all = |f: fn(Language, &str) -> String, wit: &str| {
            Language::ALL.map(|language| f(language, wit))
        };
        assert_eq!(
            all(function, "not-covered"),
            [
                "not_covered",
                "not_covered",
                "notCovered",
                "not_covered",
                "notCovered",
                "NotCovered"
            ]
        );
        assert_eq!(all(type_name, "URL-path"), ["UrlPath"; 6]);
        assert_eq!(
            all(enum_case, "over-limit"),
            [
                "OverLimit",
                "OVER_LIMIT",
                "over-limit",
                "over_limit",
                "over-limit",
                "OverLimit"
            ]
        );
        assert_eq!(
            all(variant_case, "over-limit"),
            [
                "OverLimit",
                "OverLimit",
                "over-limit",
                "OverLimit",
                "over-limit",
                "OverLimit"
            ]
        );
        assert_eq!(all(flag, "a-b"), ["A_B", "A_B", "a-b", "a_b", "a-b", "AB"]);
        assert_eq!(function(Language::Go, "[method]worklist.add-all"), "AddAll");
        assert_eq!(
            function(Language::Python, "[constructor]work-list"),
            "WorkList"
        );
        assert_eq!(
            split_member("[static]worklist.all"),
            (Some("worklist"), "all")
        );
    }

    #[test]
    fn reserved_names_get_an_underscore() {
        for (language, position, wit, mapped) in [
            (Language::Python, Position::Field, "class", "class_"),
            (Language::Python, Position::VariantCase, "none", "None_"),
            (Language::Python, Position::EnumCase, "none", "NONE"),
            (Language::Python, Position::Param, "timeout", "timeout_"),
            (Language::Ruby, Position::Field, "hash", "hash_"),
            (Language::Ruby, Position::Function, "send", "send_"),
            (Language::JavaScript, Position::Function, "then", "then_"),
            (
                Language::JavaScript,
                Position::Field,
                "to-string",
                "toString_",
            ),
            (Language::JavaScript, Position::Function, "close", "close_"),
            (Language::Php, Position::Type, "list", "List_"),
            (Language::Php, Position::Function, "with", "with_"),
            (Language::Rust, Position::Field, "type", "type_"),
            (Language::Rust, Position::Type, "self", "Self_"),
            (Language::Go, Position::Field, "type", "Type"),
            (Language::Python, Position::Field, "timeout", "timeout"),
        ] {
            assert_eq!(map(language, position, wit), mapped, "{language:?} {wit}");
        }
        assert_eq!(
            reserved_in(Position::Function, "then"),
            [Language::JavaScript, Language::Ruby]
        );
    }

    #[test]
    fn equal_names_after_mapping_are_found() {
        let (index, message) = clash(Position::Field, &["a", "a-1", "a1"]).unwrap();
        assert_eq!(index, 2);
        assert!(
            message.contains("`a-1` and `a1` would both be `a1` in JavaScript"),
            "{message}"
        );
        assert!(clash(Position::Field, &["foo-bar", "foobar"]).is_none());
        let (_, message) = clash(Position::Function, &["foo-bar", "foobar"]).unwrap();
        assert!(message.contains("PHP"), "{message}");
    }
}
