//! Two versions of a contract: what changed, whether callers of the old one can go on with a provider of the new one
//! (by our rules, and by the component model's stricter ones), and the version number that the change needs.

mod difference;
mod version;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::schema::{Function, Schema};
use super::version::split;
use super::{Contract, canonical, resolve};

pub use version::{Bump, next_version};

/// What a change does to those who use the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Nothing: documentation and the like.
    None,
    /// Old callers go on; something is new.
    Compatible,
    /// Old callers fail.
    Breaking,
}

impl Effect {
    /// `none`, `compatible` or `breaking`.
    pub const fn name(self) -> &'static str {
        match self {
            Effect::None => "none",
            Effect::Compatible => "compatible",
            Effect::Breaking => "breaking",
        }
    }
}

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The interface without its version.
    pub interface: String,
    /// Where in it: `adjudicate(claim.note)`; empty for the interface itself.
    pub place: String,
    /// What changed.
    pub what: String,
    /// The effect by our rules: DESIGN's version resolution.
    pub ours: Effect,
    /// The effect by the component model's rules: types must be equal.
    pub component_model: Effect,
}

/// The result of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Package of the old contract, with version.
    pub old: String,
    /// Package of the new contract, with version.
    pub new: String,
    /// All changes.
    pub changes: Vec<Change>,
    /// What keeps callers of the new version from providers of the old one, for information: versions only go up.
    pub backwards: Vec<String>,
}

impl Report {
    /// The worst effect by our rules.
    pub fn ours(&self) -> Effect {
        self.changes
            .iter()
            .map(|change| change.ours)
            .max()
            .unwrap_or(Effect::None)
    }

    /// The worst effect by the component model's rules.
    pub fn component_model(&self) -> Effect {
        self.changes
            .iter()
            .map(|change| change.component_model)
            .max()
            .unwrap_or(Effect::None)
    }

    /// The part of the version that the changes move.
    pub fn bump(&self) -> Bump {
        match (self.changes.is_empty(), self.ours()) {
            (true, _) => Bump::None,
            (false, Effect::None) => Bump::Patch,
            (false, Effect::Compatible) => Bump::Minor,
            (false, Effect::Breaking) => Bump::Major,
        }
    }

    /// The lowest version that the new contract may have, if the old one has a version.
    pub fn needed_version(&self) -> Option<String> {
        next_version(split(&self.old).1?, self.bump())
    }

    /// Whether the new contract's version is high enough for its changes. Without versions it is.
    pub fn version_is_enough(&self) -> bool {
        let (Some(needed), Some(new)) = (self.needed_version(), split(&self.new).1) else {
            return true;
        };
        match (semver::Version::parse(&needed), semver::Version::parse(new)) {
            (Ok(needed), Ok(new)) => new >= needed,
            _ => false,
        }
    }
}

/// Compares two versions of a contract: every interface of their own packages, matched by name.
pub fn compare(old: &Contract, new: &Contract) -> Report {
    let mut report = Report {
        old: old.package().to_owned(),
        new: new.package().to_owned(),
        changes: Vec::new(),
        backwards: Vec::new(),
    };
    let (old, new) = (schemas(old), schemas(new));
    for (name, schema) in &old {
        match new.get(name) {
            Some(other) => compare_schemas(schema, other, &mut report),
            None => report.changes.push(change(
                name,
                "",
                "the interface is gone",
                Effect::Breaking,
                Effect::Breaking,
            )),
        }
    }
    for name in new.keys().filter(|name| !old.contains_key(*name)) {
        report.changes.push(change(
            name,
            "",
            "the interface is new",
            Effect::Compatible,
            Effect::Compatible,
        ));
    }
    report
}

fn schemas(contract: &Contract) -> BTreeMap<String, Arc<Schema>> {
    let full = contract.interfaces().iter();
    full.filter_map(|name| Some((split(name).0.to_owned(), contract.schema(name).ok()?)))
        .collect()
}

fn change(
    interface: &str,
    place: &str,
    what: &str,
    ours: Effect,
    component_model: Effect,
) -> Change {
    Change {
        interface: interface.to_owned(),
        place: place.to_owned(),
        what: what.to_owned(),
        ours,
        component_model,
    }
}

fn compare_schemas(old: &Arc<Schema>, new: &Arc<Schema>, report: &mut Report) {
    let name = split(&old.interface).0;
    let before = report.changes.len();
    let mismatches = resolve::mismatches(old, new);
    let (old_component, new_component) = (
        canonical::component_digests(old),
        canonical::component_digests(new),
    );
    for (index, function) in old.functions.iter().enumerate() {
        let Some((new_index, other)) = new.function(&function.name) else {
            let gone = change(
                name,
                &function.name,
                "the function is gone",
                Effect::Breaking,
                Effect::Breaking,
            );
            report.changes.push(gone);
            continue;
        };
        let same_component =
            old_component.functions[index] == new_component.functions[new_index as usize];
        let component_model = if same_component {
            Effect::None
        } else {
            Effect::Breaking
        };
        if function.fingerprint != other.fingerprint {
            let problem = mismatches.iter().find(|m| m.function == function.name);
            changed_function(
                name,
                (old, function),
                (new, other),
                problem,
                component_model,
                report,
            );
        } else if function.docs != other.docs
            || function.foreign != other.foreign
            || function.quick != other.quick
        {
            let what = "its documentation or hints changed";
            report.changes.push(change(
                name,
                &function.name,
                what,
                Effect::None,
                Effect::None,
            ));
        }
    }
    for function in new
        .functions
        .iter()
        .filter(|function| old.function(&function.name).is_none())
    {
        let what = "the function is new";
        report.changes.push(change(
            name,
            &function.name,
            what,
            Effect::Compatible,
            Effect::Compatible,
        ));
    }
    let types = old_component
        .types(old)
        .into_iter()
        .map(|(ty, digest)| (ty, Some(digest)));
    let new_types = new_component.types(new);
    for (ty, digest) in types {
        let what = match new_types.get(ty) {
            None => "the type is gone",
            Some(other) if Some(*other) != digest => "the type changed",
            Some(_) => continue,
        };
        report
            .changes
            .push(change(name, ty, what, Effect::None, Effect::Breaking));
    }
    for ty in new_types
        .keys()
        .filter(|ty| !old_component.types(old).contains_key(*ty))
    {
        report.changes.push(change(
            name,
            ty,
            "the type is new",
            Effect::Compatible,
            Effect::Compatible,
        ));
    }
    if report.changes.len() == before && old.docs != new.docs {
        report.changes.push(change(
            name,
            "",
            "its documentation changed",
            Effect::None,
            Effect::None,
        ));
    }
    let backwards = resolve::mismatches(new, old)
        .into_iter()
        .filter(|m| old.function(&m.function).is_some());
    report
        .backwards
        .extend(backwards.map(|m| format!("{name} {m}")));
}

/// A function that is in both with another fingerprint: each difference, and whether it can be called.
fn changed_function(
    interface: &str,
    old: (&Schema, &Function),
    new: (&Schema, &Function),
    problem: Option<&resolve::Mismatch>,
    component_model: Effect,
    report: &mut Report,
) {
    let differences = difference::find(old.0, old.1, new.0, new.1);
    if let Some(problem) = problem {
        let place = &problem.place;
        let what = format!("an old caller cannot call it: {}", problem.difference);
        report.changes.push(change(
            interface,
            place,
            &what,
            Effect::Breaking,
            component_model,
        ));
    }
    // Where the function is broken, its other differences are told without a verdict of their own.
    let ours = if problem.is_some() {
        Effect::None
    } else {
        Effect::Compatible
    };
    for (place, what) in differences {
        if problem.is_none_or(|problem| problem.place != place) {
            report
                .changes
                .push(change(interface, &place, &what, ours, component_model));
        }
    }
}
