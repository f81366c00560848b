//! The schema: one interface of a contract with every type that it reaches, as a compact immutable table.
//!
//! Its JSON form (serde's, with these names) is what crosses a link in a schema reply and what the codecs written in
//! JavaScript and Go compile from. Its canonical form, from which fingerprints are made, is in `canonical`.

use serde::{Deserialize, Serialize};

/// How deep types may be nested in one another.
pub const MAX_TYPE_DEPTH: u32 = 100;

/// Index into [`Schema::types`]. A type refers only to types before it, so the table is acyclic by construction.
pub type TypeId = u32;

/// One interface with all types that its functions reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// The full name, `hms:claims/adjudication@1.2.0`; the version is absent if the package has none.
    pub interface: String,
    /// SHA-256 over the canonical form, in lower-case hexadecimal (64 digits).
    pub fingerprint: String,
    /// All reachable types, dependencies first.
    pub types: Vec<TypeDef>,
    /// The interface's functions: members of resources first, resource by resource, then the others, both in the order
    /// of the contract (that is how contracts are printed).
    pub functions: Vec<Function>,
    /// The interface's resources; `Kind::Own` and `Kind::Borrow` point here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Resource>,
    /// The documentation of the interface.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docs: String,
    /// The contract printed as WIT: this interface and what it uses.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wit: String,
    /// True when every function is a topic (`hms:topic`).
    #[serde(default, skip_serializing_if = "is_false")]
    pub topics: bool,
}

/// One entry of the type table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TypeDef {
    /// The WIT name, kebab-case, for named types (records, enums, flags, variants, aliases with tokens).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The interface that defines the named type, `hms:claims/types@1.2.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// What the type is.
    #[serde(flatten)]
    pub kind: Kind,
    /// Constraints from tokens on this type itself.
    #[serde(default, skip_serializing_if = "Constraints::is_empty")]
    pub constraints: Constraints,
    /// Tokens that are not ours, as written (`http://hl7.org/...`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign: Vec<String>,
    /// Documentation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docs: String,
}

/// What a type is. Serialized as a member `kind` in kebab-case beside the members of the variant.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Kind {
    Bool,
    S8,
    S16,
    S32,
    S64,
    U8,
    U16,
    U32,
    U64,
    F32,
    F64,
    Char,
    String,
    /// `list<element>`
    List {
        element: TypeId,
    },
    /// `list<element, length>`
    FixedList {
        element: TypeId,
        length: u32,
    },
    /// `tuple<...>`
    Tuple {
        elements: Vec<TypeId>,
    },
    /// A list alias with the token `hms:set`.
    Set {
        element: TypeId,
    },
    /// `map<key, value>`
    Map {
        key: TypeId,
        value: TypeId,
    },
    /// Fields in contract order.
    Record {
        fields: Vec<Field>,
    },
    /// Cases in contract order; `fallback` is the index of the case of `hms:fallback`.
    Enum {
        cases: Vec<Case>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fallback: Option<u32>,
    },
    /// At most 32 flags in contract order (never with a payload).
    Flags {
        flags: Vec<Case>,
    },
    /// Cases in contract order, some with a payload.
    Variant {
        cases: Vec<Case>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fallback: Option<u32>,
    },
    /// `option<payload>`
    Option {
        payload: TypeId,
    },
    /// `result<ok, err>`, either absent.
    Result {
        ok: Option<TypeId>,
        err: Option<TypeId>,
    },
    // Well-known types of `hms:types`, recognised by name and structure.
    Timestamp,
    ZonedTimestamp,
    Date,
    PartialDate,
    TimeOfDay,
    Duration,
    Decimal,
    Uuid,
    Document,
    /// An owned handle: index into [`Schema::resources`].
    Own {
        resource: u32,
    },
    /// A borrowed handle.
    Borrow {
        resource: u32,
    },
    /// `stream<element>`
    Stream {
        element: Option<TypeId>,
    },
    /// `future<element>`
    Future {
        element: Option<TypeId>,
    },
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// WIT name, kebab-case.
    pub name: String,
    /// Type of the field.
    #[serde(rename = "type")]
    pub ty: TypeId,
    /// Constraints from the record's tokens with `.member` (those of the alias are on the type).
    #[serde(default, skip_serializing_if = "Constraints::is_empty")]
    pub constraints: Constraints,
    /// Documentation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docs: String,
}

/// A case of an enum or variant, or a flag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// WIT name, kebab-case.
    pub name: String,
    /// The payload; only in variants.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub ty: Option<TypeId>,
    /// Documentation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docs: String,
}

/// A resource of the interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// WIT name, kebab-case.
    pub name: String,
    /// The interface that defines it.
    pub owner: String,
    /// The token `hms:callback`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub callback: bool,
    /// Documentation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docs: String,
}

/// A function of the interface or of one of its resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// WIT name: `adjudicate`, `[method]worklist.add`, `[constructor]worklist`, `[static]worklist.all`.
    pub name: String,
    /// Parameters in order (a method's first is `self`).
    pub params: Vec<Field>,
    /// The result type as written; a `result<T, E>` here is the function's outcome (T, or the declared error E).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<TypeId>,
    /// Declared `async` in WIT.
    #[serde(rename = "async", default, skip_serializing_if = "is_false")]
    pub is_async: bool,
    /// `hms:idempotent`
    #[serde(default, skip_serializing_if = "is_false")]
    pub idempotent: bool,
    /// `hms:topic`
    #[serde(default, skip_serializing_if = "is_false")]
    pub topic: bool,
    /// `hms:quick`
    #[serde(default, skip_serializing_if = "is_false")]
    pub quick: bool,
    /// SHA-256 over the canonical form of this function and the types it reaches, lower-case hexadecimal.
    pub fingerprint: String,
    /// Tokens that are not ours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign: Vec<String>,
    /// Documentation.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub docs: String,
}

/// Constraints given by tokens. They are checked for syntax and are part of the fingerprint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Constraints {
    /// `hms:range=a..b` as decimal texts, inclusive, either side open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<(Option<String>, Option<String>)>,
    /// `hms:length=a..b`: characters of a string, bytes or elements of a list, inclusive, either side open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<(Option<u64>, Option<u64>)>,
    /// `hms:pattern=...`: a regular expression.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// `hms:unit=...`: a unit of measure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// `hms:sensitive`: never logged or traced.
    #[serde(skip_serializing_if = "is_false")]
    pub sensitive: bool,
}

impl Constraints {
    /// True when no token set anything.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Schema {
    /// The type at `id`. A validated schema has no dangling ids.
    pub fn ty(&self, id: TypeId) -> &TypeDef {
        &self.types[id as usize]
    }

    /// Fills in all fingerprints.
    pub(super) fn set_fingerprints(&mut self) {
        let (functions, interface) = self.compute_fingerprints();
        for (function, fingerprint) in self.functions.iter_mut().zip(functions) {
            function.fingerprint = fingerprint;
        }
        self.fingerprint = interface;
    }

    /// The function with this WIT name and its index.
    pub fn function(&self, name: &str) -> Option<(u32, &Function)> {
        self.functions
            .iter()
            .position(|f| f.name == name)
            .map(|i| (i as u32, &self.functions[i]))
    }

    /// What a call of `function` returns: the type of an ok outcome and the type of a declared error.
    /// `None` inside means that there is no value of that kind (no bytes on the wire).
    pub fn outcome(&self, function: &Function) -> Outcome {
        match function.result.map(|id| (id, &self.ty(id).kind)) {
            None => Outcome {
                ok: None,
                declared: false,
                err: None,
            },
            Some((_, Kind::Result { ok, err })) => Outcome {
                ok: *ok,
                declared: true,
                err: *err,
            },
            Some((id, _)) => Outcome {
                ok: Some(id),
                declared: false,
                err: None,
            },
        }
    }
}

/// The types of a function's outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Type of the ok value, if there is one.
    pub ok: Option<TypeId>,
    /// Whether the function can end in a declared error.
    pub declared: bool,
    /// Type of the declared error's value, if it has one.
    pub err: Option<TypeId>,
}

fn is_false(b: &bool) -> bool {
    !b
}
