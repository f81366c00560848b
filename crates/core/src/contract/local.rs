//! The schema with every name in one language's spelling beside it: what codecs outside the core work from.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::names::{self, Language, Position};
use super::schema::{Kind, Schema};

impl Schema {
    /// The schema's JSON form with a member `local` beside the `name` of every function, parameter, field, case,
    /// flag, named type and resource. Types of one name from several interfaces get their interface's name in front.
    pub fn localized(&self, language: Language) -> Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        let (types, resources) = self.local_type_names(language);
        for (index, ty) in members(&mut value, "types").enumerate() {
            let position = match &self.types[index].kind {
                Kind::Enum { .. } => Position::EnumCase,
                Kind::Flags { .. } => Position::Flag,
                _ => Position::VariantCase,
            };
            set(ty, types[index].clone());
            localize(ty, "fields", |wit| names::field(language, wit));
            localize(ty, "cases", |wit| names::map(language, position, wit));
            localize(ty, "flags", |wit| names::map(language, position, wit));
        }
        for (resource, local) in members(&mut value, "resources").zip(resources) {
            set(resource, Some(local));
        }
        for function in members(&mut value, "functions") {
            localize(function, "params", |wit| names::param(language, wit));
            let local = name_of(function).map(|wit| names::function(language, wit));
            set(function, local);
        }
        value
    }

    /// Names of the named types and of the resources in `language`, each of them unique.
    pub fn local_type_names(&self, language: Language) -> (Vec<Option<String>>, Vec<String>) {
        let types = self
            .types
            .iter()
            .map(|ty| ty.name.as_deref().map(|name| (name, ty.owner.as_deref())));
        let resources = self
            .resources
            .iter()
            .map(|r| Some((r.name.as_str(), Some(r.owner.as_str()))));
        let all: Vec<_> = types.chain(resources).collect();
        let mut owners: HashMap<String, HashSet<Option<&str>>> = HashMap::new();
        for (name, owner) in all.iter().flatten() {
            owners
                .entry(names::type_name(language, name))
                .or_default()
                .insert(*owner);
        }
        let mut taken: HashMap<String, usize> = HashMap::new();
        let mut local: Vec<Option<String>> = all
            .iter()
            .map(|entry| {
                let (name, owner) = (*entry)?;
                let plain = names::type_name(language, name);
                let foreign = owner.is_some_and(|owner| owner != self.interface);
                let wanted = if foreign && owners[&plain].len() > 1 {
                    names::type_name(
                        language,
                        &format!("{}-{name}", short(owner.unwrap_or_default())),
                    )
                } else {
                    plain
                };
                // One type in two forms (an alias with other constraints), or a coincidence.
                let count = taken.entry(wanted.clone()).or_insert(0);
                *count += 1;
                Some(if *count == 1 {
                    wanted
                } else {
                    format!("{wanted}{count}")
                })
            })
            .collect();
        let resources = local.split_off(self.types.len());
        (local, resources.into_iter().flatten().collect())
    }
}

/// `types` of `hms:claims/types@1.2.0`.
fn short(interface: &str) -> &str {
    let name = super::version::split(interface).0;
    name.rsplit('/').next().unwrap_or(name)
}

fn members<'a>(
    value: &'a mut Value,
    name: &str,
) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    value
        .get_mut(name)
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
}

fn name_of(object: &Map<String, Value>) -> Option<&str> {
    object.get("name").and_then(Value::as_str)
}

fn set(object: &mut Map<String, Value>, local: Option<String>) {
    if let Some(local) = local {
        object.insert("local".to_owned(), Value::String(local));
    }
}

fn localize(object: &mut Map<String, Value>, list: &str, map: impl Fn(&str) -> String) {
    let items = object
        .get_mut(list)
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten();
    for item in items.filter_map(Value::as_object_mut) {
        let local = name_of(item).map(&map);
        set(item, local);
    }
}
