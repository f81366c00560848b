//! What differs between two versions of a function, in words.

use std::collections::HashSet;

use crate::contract::schema::{Case, Constraints, Field, Function, Kind, Schema, TypeId};

/// Every difference with its place.
pub(super) fn find(
    old: &Schema,
    before: &Function,
    new: &Schema,
    after: &Function,
) -> Vec<(String, String)> {
    let mut walk = Walk {
        old,
        new,
        seen: HashSet::new(),
        found: Vec::new(),
    };
    let name = &before.name;
    for (had, has, what) in [
        (before.is_async, after.is_async, "async"),
        (before.idempotent, after.idempotent, "idempotent"),
        (before.topic, after.topic, "a topic"),
    ] {
        match (had, has) {
            (false, true) => walk.add(name.clone(), format!("is {what} now")),
            (true, false) => walk.add(name.clone(), format!("is not {what} any more")),
            _ => {}
        }
    }
    walk.fields(
        &before.params,
        &after.params,
        &|member| {
            if member.is_empty() {
                name.clone()
            } else {
                format!("{name}({member})")
            }
        },
        "",
    );
    match (before.result, after.result) {
        (Some(old), Some(new)) => {
            walk.types(old, new, &|below| format!("{name} result{below}"), "")
        }
        (None, Some(_)) => walk.add(format!("{name} result"), "is new".into()),
        (Some(_), None) => walk.add(format!("{name} result"), "is gone".into()),
        (None, None) => {}
    }
    walk.found
}

struct Walk<'a> {
    old: &'a Schema,
    new: &'a Schema,
    seen: HashSet<(TypeId, TypeId)>,
    found: Vec<(String, String)>,
}

type Place<'p> = &'p dyn Fn(&str) -> String;

impl Walk<'_> {
    fn add(&mut self, place: String, what: String) {
        self.found.push((place, what));
    }

    fn types(&mut self, old: TypeId, new: TypeId, place: Place<'_>, path: &str) {
        if !self.seen.insert((old, new)) {
            return;
        }
        let (before, after) = (self.old.ty(old), self.new.ty(new));
        self.constraints(&before.constraints, &after.constraints, place(path));
        let below = |walk: &mut Self, old: TypeId, new: TypeId, step: &str| {
            walk.types(old, new, place, &format!("{path}{step}"));
        };
        match (&before.kind, &after.kind) {
            (Kind::List { element: o }, Kind::List { element: n })
            | (Kind::Set { element: o }, Kind::Set { element: n }) => below(self, *o, *n, "[]"),
            (
                Kind::FixedList {
                    element: o,
                    length: a,
                },
                Kind::FixedList {
                    element: n,
                    length: b,
                },
            ) => {
                if a != b {
                    self.add(place(path), format!("has {b} elements instead of {a}"));
                }
                below(self, *o, *n, "[]");
            }
            (Kind::Map { key: ok, value: ov }, Kind::Map { key: nk, value: nv }) => {
                below(self, *ok, *nk, "[key]");
                below(self, *ov, *nv, "[]");
            }
            (Kind::Tuple { elements: o }, Kind::Tuple { elements: n }) => {
                if o.len() != n.len() {
                    self.add(
                        place(path),
                        format!("has {} elements instead of {}", n.len(), o.len()),
                    );
                }
                for (i, (o, n)) in o.iter().zip(n).enumerate() {
                    below(self, *o, *n, &format!("[{i}]"));
                }
            }
            (Kind::Option { payload: o }, Kind::Option { payload: n }) => below(self, *o, *n, ""),
            (Kind::Result { ok: oo, err: oe }, Kind::Result { ok: no, err: ne }) => {
                for (o, n, step) in [(oo, no, ".ok"), (oe, ne, ".err")] {
                    match (o, n) {
                        (Some(o), Some(n)) => below(self, *o, *n, step),
                        (None, Some(_)) => {
                            self.add(place(&format!("{path}{step}")), "is new".into())
                        }
                        (Some(_), None) => {
                            self.add(place(&format!("{path}{step}")), "is gone".into())
                        }
                        (None, None) => {}
                    }
                }
            }
            (Kind::Record { fields: o }, Kind::Record { fields: n }) => {
                let names = (before.name.clone(), after.name.clone());
                self.renamed(names, place(path));
                self.fields(o, n, &|member| place(&join(path, member)), "");
            }
            (
                Kind::Enum {
                    cases: o,
                    fallback: of,
                },
                Kind::Enum {
                    cases: n,
                    fallback: nf,
                },
            )
            | (
                Kind::Variant {
                    cases: o,
                    fallback: of,
                },
                Kind::Variant {
                    cases: n,
                    fallback: nf,
                },
            ) => {
                self.renamed((before.name.clone(), after.name.clone()), place(path));
                self.cases(o, n, place, path);
                let name = |cases: &[Case], index: &Option<u32>| {
                    index.map(|i| cases[i as usize].name.clone())
                };
                if name(o, of) != name(n, nf) {
                    self.add(place(path), "the fallback case changed".into());
                }
            }
            (Kind::Flags { flags: o }, Kind::Flags { flags: n }) => {
                self.renamed((before.name.clone(), after.name.clone()), place(path));
                self.cases(o, n, place, path);
            }
            (o, n) if std::mem::discriminant(o) == std::mem::discriminant(n) => {}
            (o, n) => self.add(
                place(path),
                format!("is {} instead of {}", n.keyword(), o.keyword()),
            ),
        }
    }

    fn renamed(&mut self, names: (Option<String>, Option<String>), place: String) {
        if let (Some(old), Some(new)) = names
            && old != new
        {
            self.add(
                place,
                format!("its type is called `{new}` instead of `{old}`"),
            );
        }
    }

    fn fields(&mut self, old: &[Field], new: &[Field], place: Place<'_>, path: &str) {
        for field in old {
            let at = format!("{path}{}", field.name);
            match new.iter().find(|other| other.name == field.name) {
                Some(other) => {
                    self.constraints(&field.constraints, &other.constraints, place(&at));
                    self.types(field.ty, other.ty, place, &at);
                }
                None => self.add(place(&at), "is gone".into()),
            }
        }
        for field in new
            .iter()
            .filter(|field| old.iter().all(|other| other.name != field.name))
        {
            self.add(place(&format!("{path}{}", field.name)), "is new".into());
        }
        self.order(
            old.iter().map(|f| &f.name),
            new.iter().map(|f| &f.name),
            place(path),
        );
    }

    fn cases(&mut self, old: &[Case], new: &[Case], place: Place<'_>, path: &str) {
        for case in old {
            let at = format!("{path}.{}", case.name);
            match new
                .iter()
                .find(|other| other.name == case.name)
                .map(|other| (case.ty, other.ty))
            {
                Some((Some(o), Some(n))) => self.types(o, n, place, &at),
                Some((None, None)) => {}
                Some((None, Some(_))) => self.add(place(&at), "has a payload now".into()),
                Some((Some(_), None)) => self.add(place(&at), "has no payload any more".into()),
                None => self.add(place(&at), "is gone".into()),
            }
        }
        for case in new
            .iter()
            .filter(|case| old.iter().all(|other| other.name != case.name))
        {
            self.add(place(&format!("{path}.{}", case.name)), "is new".into());
        }
        self.order(
            old.iter().map(|c| &c.name),
            new.iter().map(|c| &c.name),
            place(path),
        );
    }

    /// Whether what is in both stands in another order.
    fn order<'n>(
        &mut self,
        old: impl Iterator<Item = &'n String>,
        new: impl Iterator<Item = &'n String>,
        place: String,
    ) {
        let (old, new): (Vec<_>, Vec<_>) = (old.collect(), new.collect());
        let kept = old.iter().filter(|name| new.contains(name));
        let also = new.iter().filter(|name| old.contains(name));
        if kept.ne(also) {
            self.add(place, "has another order".into());
        }
    }

    fn constraints(&mut self, old: &Constraints, new: &Constraints, place: String) {
        if old != new {
            self.add(place, "its constraints changed".into());
        }
    }
}

/// The path of a member; an empty one is the whole.
fn join(path: &str, member: &str) -> String {
    if member.is_empty() {
        path.to_owned()
    } else {
        format!("{path}.{member}")
    }
}
