//! The canonical form and the fingerprints made from it.
//!
//! A type's canonical form is a sequence of texts and numbers, each with its length in front: the kind, the names in
//! their order, the constraints, and for every type that it refers to that type's own SHA-256. So aliases have no part in it,
//! equal types have equal digests wherever they are defined, and the work is linear in the size of the table.
//! Docs, gates, foreign tokens, alias names and versions are left out.

use sha2::{Digest, Sha256};

use super::schema::{Case, Constraints, Field, Function, Kind, Resource, Schema, TypeDef, TypeId};

type Hash = [u8; 32];

struct Form(Sha256);

impl Form {
    fn new(domain: &str) -> Self {
        let mut form = Form(Sha256::new());
        form.text(domain);
        form
    }

    fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text);
    }

    fn optional(&mut self, text: Option<&str>) {
        self.number(text.is_some().into());
        self.text(text.unwrap_or_default());
    }

    fn optional_type(&mut self, ty: Option<TypeId>, known: &[Hash]) {
        self.number(ty.is_some().into());
        if let Some(ty) = ty {
            self.0.update(known[ty as usize]);
        }
    }

    fn constraints(&mut self, constraints: &Constraints) {
        let Constraints {
            range,
            length,
            pattern,
            unit,
            sensitive,
        } = constraints;
        let (low, high) = range.clone().unwrap_or_default();
        self.optional(low.as_deref());
        self.optional(high.as_deref());
        let (low, high) = length.unwrap_or_default();
        for side in [low, high] {
            self.number(side.is_some().into());
            self.number(side.unwrap_or(0));
        }
        self.optional(pattern.as_deref());
        self.optional(unit.as_deref());
        self.number((*sensitive).into());
    }

    fn fields(&mut self, fields: &[Field], known: &[Hash]) {
        self.number(fields.len() as u64);
        for field in fields {
            self.text(&field.name);
            self.0.update(known[field.ty as usize]);
            self.constraints(&field.constraints);
        }
    }

    fn cases(&mut self, cases: &[Case], known: &[Hash]) {
        self.number(cases.len() as u64);
        for case in cases {
            self.text(&case.name);
            self.optional_type(case.ty, known);
        }
    }

    fn fallback(&mut self, fallback: Option<u32>) {
        self.number(fallback.map_or(0, |index| u64::from(index) + 1));
    }

    fn resource(&mut self, resource: &Resource) {
        self.text(&resource.name);
        self.number(resource.callback.into());
    }

    fn finish(self) -> Hash {
        self.0.finalize().into()
    }
}

fn type_digest(ty: &TypeDef, resources: &[Resource], known: &[Hash]) -> Hash {
    let mut form = Form::new("hms:type:1");
    form.text(ty.kind.keyword());
    // Records and the like are nominal; the name of anything else is an alias.
    if ty.kind.is_nominal() {
        form.text(ty.name.as_deref().unwrap_or_default());
    }
    form.constraints(&ty.constraints);
    match &ty.kind {
        Kind::List { element } | Kind::Set { element } => form.optional_type(Some(*element), known),
        Kind::FixedList { element, length } => {
            form.optional_type(Some(*element), known);
            form.number((*length).into());
        }
        Kind::Tuple { elements } => {
            form.number(elements.len() as u64);
            for element in elements {
                form.optional_type(Some(*element), known);
            }
        }
        Kind::Map { key, value } => {
            form.optional_type(Some(*key), known);
            form.optional_type(Some(*value), known);
        }
        Kind::Record { fields } => form.fields(fields, known),
        Kind::Enum { cases, fallback } | Kind::Variant { cases, fallback } => {
            form.cases(cases, known);
            form.fallback(*fallback);
        }
        Kind::Flags { flags } => form.cases(flags, known),
        Kind::Option { payload } => form.optional_type(Some(*payload), known),
        Kind::Result { ok, err } => {
            form.optional_type(*ok, known);
            form.optional_type(*err, known);
        }
        Kind::Own { resource } | Kind::Borrow { resource } => {
            form.resource(&resources[*resource as usize])
        }
        Kind::Stream { element } | Kind::Future { element } => form.optional_type(*element, known),
        _ => {}
    }
    form.finish()
}

fn function_digest(function: &Function, known: &[Hash]) -> Hash {
    let mut form = Form::new("hms:function:1");
    form.text(&function.name);
    form.number(function.is_async.into());
    form.number(function.idempotent.into());
    form.number(function.topic.into());
    form.fields(&function.params, known);
    form.optional_type(function.result, known);
    form.finish()
}

fn hex(hash: &Hash) -> String {
    use std::fmt::Write;
    hash.iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The digest of every type of the table, in its order. The ids of the table must be in range.
pub(super) fn type_digests(types: &[TypeDef], resources: &[Resource]) -> Vec<Hash> {
    let mut known = Vec::with_capacity(types.len());
    for ty in types {
        known.push(type_digest(ty, resources, &known));
    }
    known
}

/// Digests of what the component model sees: our tokens, and the names of types where they are used, have no part in them.
pub(super) struct ComponentDigests {
    pub functions: Vec<Hash>,
    of_types: Vec<Hash>,
}

impl ComponentDigests {
    /// The types (not aliases) that the interface itself defines, by name.
    pub(super) fn types<'s>(
        &self,
        schema: &'s Schema,
    ) -> std::collections::BTreeMap<&'s str, Hash> {
        let named = schema.types.iter().zip(&self.of_types);
        named
            .filter(|(ty, _)| {
                ty.kind.is_nominal() && ty.owner.as_deref() == Some(&schema.interface)
            })
            .filter_map(|(ty, digest)| Some((ty.name.as_deref()?, *digest)))
            .collect()
    }
}

pub(super) fn component_digests(schema: &Schema) -> ComponentDigests {
    let types: Vec<TypeDef> = schema.types.iter().cloned().map(without_tokens).collect();
    let of_types = type_digests(&types, &schema.resources);
    let functions = schema.functions.iter().map(|function| {
        let plain = Function {
            idempotent: false,
            topic: false,
            ..function.clone()
        };
        function_digest(&plain, &of_types)
    });
    ComponentDigests {
        functions: functions.collect(),
        of_types,
    }
}

fn without_tokens(mut ty: TypeDef) -> TypeDef {
    ty.name = None;
    ty.constraints = Constraints::default();
    match &mut ty.kind {
        Kind::Set { element } => ty.kind = Kind::List { element: *element },
        Kind::Enum { fallback, .. } | Kind::Variant { fallback, .. } => *fallback = None,
        Kind::Record { fields } => {
            fields
                .iter_mut()
                .for_each(|field| field.constraints = Constraints::default());
        }
        _ => {}
    }
    ty
}

impl Schema {
    /// The fingerprint of each function and of the whole interface, computed from the table.
    pub(super) fn compute_fingerprints(&self) -> (Vec<String>, String) {
        let known = type_digests(&self.types, &self.resources);
        let mut form = Form::new("hms:interface:1");
        let functions: Vec<Hash> = self
            .functions
            .iter()
            .map(|f| function_digest(f, &known))
            .collect();
        form.number(functions.len() as u64);
        for function in &functions {
            form.0.update(function);
        }
        (functions.iter().map(hex).collect(), hex(&form.finish()))
    }

    /// The fingerprint of each type, in the table's order, lower-case hexadecimal: equal for types that are the same
    /// in their canonical form, in whichever interface they are defined.
    pub fn type_fingerprints(&self) -> Vec<String> {
        type_digests(&self.types, &self.resources)
            .iter()
            .map(hex)
            .collect()
    }
}
