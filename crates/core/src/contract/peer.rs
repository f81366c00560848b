//! Schemas that came over a link: a peer may send anything, so everything is checked before it is used.

use super::names::{self, Position};
use super::schema::{Case, Field, Function, Kind, MAX_TYPE_DEPTH, Schema, TypeDef, TypeId};
use super::{constraint, rules};
use crate::error::{Error, Result};

/// The longest schema in JSON, in bytes.
pub const MAX_SCHEMA: usize = 16 << 20;
const MAX_TYPES: usize = 65_536;
const MAX_FUNCTIONS: usize = 16_384;
const MAX_MEMBERS: usize = 65_536;
const MAX_NAME: usize = 256;

impl Schema {
    /// Reads a schema from a peer and checks it: bounds, references, names, rules and fingerprints.
    ///
    /// # Errors
    /// `invalid-argument` with what is wrong.
    pub fn from_peer_json(json: &[u8]) -> Result<Schema> {
        if json.len() > MAX_SCHEMA {
            return Err(bad(format!(
                "{} bytes; the limit is {MAX_SCHEMA}",
                json.len()
            )));
        }
        let schema: Schema = serde_json::from_slice(json).map_err(|e| bad(e.to_string()))?;
        check(&schema).map_err(bad)?;
        Ok(schema)
    }

    /// The schema's JSON form, as [`Schema::from_peer_json`] reads it.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

fn bad(what: impl std::fmt::Display) -> Error {
    Error::invalid_argument(format!("the peer's schema is not valid: {what}"))
}

type Check = std::result::Result<(), String>;

fn ensure(condition: bool, message: impl FnOnce() -> String) -> Check {
    if condition { Ok(()) } else { Err(message()) }
}

fn check(schema: &Schema) -> Check {
    check_interface_name(&schema.interface)?;
    ensure(schema.types.len() <= MAX_TYPES, || "too many types".into())?;
    ensure(schema.functions.len() <= MAX_FUNCTIONS, || {
        "too many functions".into()
    })?;
    ensure(schema.resources.len() <= MAX_TYPES, || {
        "too many resources".into()
    })?;
    for resource in &schema.resources {
        check_name(&resource.name)?;
        check_interface_name(&resource.owner)?;
    }
    let mut depths = Vec::with_capacity(schema.types.len());
    for (index, ty) in schema.types.iter().enumerate() {
        let depth = check_type(schema, index as TypeId, ty, &depths)
            .map_err(|e| format!("type {index}: {e}"))?;
        depths.push(depth);
    }
    let mut scopes: std::collections::HashMap<Option<&str>, Vec<&str>> =
        std::collections::HashMap::new();
    for function in &schema.functions {
        check_function(schema, function)
            .map_err(|e| format!("function {}: {e}", printable(&function.name)))?;
        let (resource, member) = names::split_member(&function.name);
        scopes.entry(resource).or_default().push(member);
    }
    for names in scopes.values() {
        no_clash(Position::Function, names)?;
    }
    if let Some((_, message)) = rules::mixed_topics(&schema.functions) {
        return Err(message);
    }
    let topics = schema.functions.first().is_some_and(|f| f.topic);
    ensure(schema.topics == topics, || {
        "`topics` does not say what the functions are".into()
    })?;
    let (functions, interface) = schema.compute_fingerprints();
    let right = schema
        .functions
        .iter()
        .zip(&functions)
        .all(|(f, fingerprint)| f.fingerprint == *fingerprint);
    ensure(right && schema.fingerprint == interface, || {
        "its fingerprints are not those of its contents".into()
    })
}

fn check_type(
    schema: &Schema,
    index: TypeId,
    ty: &TypeDef,
    depths: &[u32],
) -> std::result::Result<u32, String> {
    let mut depth = 0;
    let mut dangling = false;
    ty.kind
        .for_each_child(&mut |child| match depths.get(child as usize) {
            Some(below) => depth = depth.max(below + 1),
            None => dangling = true,
        });
    ensure(!dangling, || {
        format!("refers to a type that is not before {index}")
    })?;
    ensure(depth <= MAX_TYPE_DEPTH, || "nested too deep".into())?;
    match (&ty.name, &ty.owner) {
        (Some(name), Some(owner)) => {
            check_name(name)?;
            check_interface_name(owner)?;
        }
        (None, None) => ensure(!ty.kind.is_nominal(), || {
            format!("a {} without a name", ty.kind.keyword())
        })?,
        _ => return Err("a name and its owner come together".into()),
    }
    check_kind(schema, &ty.kind)?;
    let subject = match &ty.kind {
        Kind::Option { payload } => constraint::subject(&schema.types, *payload),
        kind => kind,
    };
    constraint::check(&ty.constraints, subject)?;
    Ok(depth)
}

fn check_kind(schema: &Schema, kind: &Kind) -> Check {
    let kind_of = |id: TypeId| &schema.types[id as usize].kind;
    match kind {
        Kind::Set { element } => ensure(rules::can_be_set_element(kind_of(*element)), || {
            "elements that no set can have".into()
        }),
        Kind::Map { key, .. } => ensure(rules::can_be_map_key(kind_of(*key)), || {
            "keys that no map can have".into()
        }),
        Kind::Record { fields } => {
            ensure(!fields.is_empty(), || "a record without fields".into())?;
            check_fields(schema, Position::Field, fields)
        }
        Kind::Enum { cases, fallback } => {
            check_cases(Position::EnumCase, cases, false)?;
            check_fallback(cases, *fallback)
        }
        Kind::Variant { cases, fallback } => {
            check_cases(Position::VariantCase, cases, true)?;
            check_fallback(cases, *fallback)
        }
        Kind::Flags { flags } => {
            ensure(flags.len() <= 32, || "more than 32 flags".into())?;
            check_cases(Position::Flag, flags, false)
        }
        Kind::Own { resource } | Kind::Borrow { resource } => {
            ensure((*resource as usize) < schema.resources.len(), || {
                "a handle to no resource".into()
            })
        }
        _ => Ok(()),
    }
}

fn check_fields(schema: &Schema, position: Position, fields: &[Field]) -> Check {
    ensure(fields.len() <= MAX_MEMBERS, || "too many members".into())?;
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    for field in fields {
        check_name(&field.name)?;
        ensure((field.ty as usize) < schema.types.len(), || {
            "refers to a type that does not exist".into()
        })?;
        constraint::check(
            &field.constraints,
            constraint::subject(&schema.types, field.ty),
        )?;
    }
    no_clash(position, &names)
}

fn check_cases(position: Position, cases: &[Case], payloads: bool) -> Check {
    ensure(!cases.is_empty(), || "no cases".into())?;
    ensure(cases.len() <= MAX_MEMBERS, || "too many cases".into())?;
    for case in cases {
        check_name(&case.name)?;
        ensure(payloads || case.ty.is_none(), || {
            "a payload where none may be".into()
        })?;
    }
    no_clash(
        position,
        &cases
            .iter()
            .map(|case| case.name.as_str())
            .collect::<Vec<_>>(),
    )
}

fn check_fallback(cases: &[Case], fallback: Option<u32>) -> Check {
    let Some(index) = fallback else { return Ok(()) };
    let suitable = cases
        .get(index as usize)
        .is_some_and(|case| case.ty.is_none());
    ensure(suitable, || {
        "a fallback that is no case without payload".into()
    })
}

fn check_function(schema: &Schema, function: &Function) -> Check {
    let (resource, member) = names::split_member(&function.name);
    let own = |name: &str| {
        schema
            .resources
            .iter()
            .any(|r| r.name == name && r.owner == schema.interface)
    };
    match resource {
        None => check_name(&function.name)?,
        Some(resource) => {
            ensure(own(resource), || "a member of no resource".into())?;
            let constructor = function.name == format!("[constructor]{resource}");
            let method = function.name == format!("[method]{resource}.{member}");
            let other = function.name == format!("[static]{resource}.{member}");
            ensure(constructor || method || other, || {
                "a name that means nothing".into()
            })?;
            if !constructor {
                check_name(member)?;
            }
            let takes_self = function.params.first().is_some_and(|first| {
                let borrow = schema.types.get(first.ty as usize).map(|ty| &ty.kind);
                matches!(borrow, Some(Kind::Borrow { resource: index })
                    if schema.resources.get(*index as usize).is_some_and(|r| r.name == resource))
            });
            ensure(!method || takes_self, || "a method without `self`".into())?;
        }
    }
    check_fields(schema, Position::Param, &function.params)?;
    if let Some(result) = function.result {
        ensure((result as usize) < schema.types.len(), || {
            "refers to a type that does not exist".into()
        })?;
    }
    match rules::function_problem(&schema.types, function) {
        Some(message) => Err(message),
        None => Ok(()),
    }
}

fn no_clash(position: Position, names: &[&str]) -> Check {
    names::clash(position, names).map_or(Ok(()), |(_, message)| Err(message))
}

/// Names are kebab-case as in WIT: words of ASCII letters of one case and digits, the first starting with a letter.
fn check_name(name: &str) -> Check {
    let word = |word: &str| {
        let letters = word.bytes().filter(u8::is_ascii_alphabetic);
        let upper = letters.clone().filter(u8::is_ascii_uppercase).count();
        !word.is_empty()
            && word.bytes().all(|b| b.is_ascii_alphanumeric())
            && (upper == 0 || upper == letters.count())
    };
    let good = name.len() <= MAX_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.split('-').all(word);
    ensure(good, || format!("`{}` is no name", printable(name)))
}

/// `namespace:package/interface`, with or without a version.
fn check_interface_name(full: &str) -> Check {
    let wrong = || format!("`{}` is no name of an interface", printable(full));
    ensure(full.len() <= MAX_NAME, wrong)?;
    let (name, version) = super::version::split(full);
    if let Some(version) = version {
        ensure(semver::Version::parse(version).is_ok(), wrong)?;
    }
    let (package, interface) = name.split_once('/').ok_or_else(wrong)?;
    let (namespace, package) = package.split_once(':').ok_or_else(wrong)?;
    [namespace, package, interface]
        .iter()
        .try_for_each(|part| check_name(part))
        .map_err(|_| wrong())
}

/// A peer's text in a message: short and without control characters.
fn printable(text: &str) -> String {
    text.chars()
        .take(80)
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}
