//! All types and interfaces of a contract as one module: every type once, each with a name of its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::contract::Contract;
use crate::contract::names::{self, Language};
use crate::contract::schema::{Function, Kind, Schema, TypeId};
use crate::contract::version::split;

/// What tells two named types apart: interface, name, structure.
type Key = (String, String, String);

pub(super) struct Module {
    /// Name and version of the contract's package.
    pub package: String,
    pub interfaces: Vec<Interface>,
    /// Where each named type is defined: interface (index) and type, dependencies first.
    pub types: Vec<(usize, TypeId)>,
    names: HashMap<Key, String>,
}

pub(super) struct Interface {
    pub schema: Arc<Schema>,
    /// The interface's own name as a type name of the language, unique in the module.
    pub name: String,
    keys: Vec<Option<Key>>,
}

impl Module {
    /// The module of a contract in `language`; `taken` are names that it cannot use.
    pub(super) fn new(contract: &Contract, language: Language, taken: &[&str]) -> Module {
        let schemas: Vec<Arc<Schema>> = contract
            .interfaces()
            .iter()
            .filter_map(|name| contract.schema(name).ok())
            .collect();
        let mut module = Module {
            package: contract.package().to_owned(),
            interfaces: Vec::new(),
            types: Vec::new(),
            names: HashMap::new(),
        };
        let mut used: HashSet<String> = taken.iter().map(|name| (*name).to_owned()).collect();
        for schema in &schemas {
            let keys = keys(schema);
            for (id, key) in keys.iter().enumerate() {
                let Some(key) = key else { continue };
                if !module.names.contains_key(key) {
                    let plain = names::type_name(language, &key.1);
                    let long = names::type_name(language, &format!("{}-{}", short(&key.0), key.1));
                    module
                        .names
                        .insert(key.clone(), unique(&mut used, &[plain, long]));
                    module.types.push((module.interfaces.len(), id as TypeId));
                }
            }
            let name = String::new();
            module.interfaces.push(Interface {
                schema: schema.clone(),
                name,
                keys,
            });
        }
        for interface in &mut module.interfaces {
            let plain = names::type_name(language, short(&interface.schema.interface));
            let long = format!("{}Interface", plain.trim_end_matches('_'));
            interface.name = unique(&mut used, &[plain, long]);
        }
        module
    }

    /// The name of a type that has a definition of its own.
    pub(super) fn name(&self, interface: usize, id: TypeId) -> Option<&str> {
        let key = self.interfaces[interface].keys[id as usize].as_ref()?;
        self.names.get(key).map(String::as_str)
    }
}

fn unique(used: &mut HashSet<String>, wishes: &[String]) -> String {
    let last = wishes.last().cloned().unwrap_or_default();
    let numbered = (2..).map(|n| format!("{last}{n}"));
    let mut all = wishes.iter().cloned().chain(numbered);
    // The numbers do not end.
    all.find(|name| used.insert(name.clone())).unwrap_or(last)
}

/// Only records, enums, flags and variants get definitions; aliases are their targets.
fn keys(schema: &Schema) -> Vec<Option<Key>> {
    let fingerprints = schema.type_fingerprints();
    let named = schema
        .types
        .iter()
        .zip(fingerprints)
        .map(|(ty, fingerprint)| {
            ty.kind.is_nominal().then(|| {
                (
                    ty.owner.clone().unwrap_or_default(),
                    ty.name.clone().unwrap_or_default(),
                    fingerprint,
                )
            })
        });
    named.collect()
}

/// `adjudication` of `hms:claims/adjudication@1.2.0`.
pub(super) fn short(interface: &str) -> &str {
    let name = split(interface).0;
    name.rsplit('/').next().unwrap_or(name)
}

/// The functions that are no members of resources, and whether each can be called yet (no handle, stream or future).
pub(super) fn functions(schema: &Schema) -> impl Iterator<Item = (&Function, bool)> {
    let free = schema
        .functions
        .iter()
        .filter(|function| names::split_member(&function.name).0.is_none());
    free.map(|function| {
        let types = function
            .params
            .iter()
            .map(|param| param.ty)
            .chain(function.result);
        (
            function,
            types.into_iter().all(|ty| !reaches_handle(schema, ty)),
        )
    })
}

/// Whether a value of the type holds a handle, stream or future.
pub(super) fn reaches_handle(schema: &Schema, ty: TypeId) -> bool {
    crate::contract::rules::reaches(&schema.types, ty, &|kind| {
        matches!(
            kind,
            Kind::Own { .. } | Kind::Borrow { .. } | Kind::Stream { .. } | Kind::Future { .. }
        )
    })
}
