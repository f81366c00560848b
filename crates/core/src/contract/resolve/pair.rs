//! Pairing the types of two schemas: finds a step for every pair, or says why there is none.

use std::collections::HashMap;

use super::step::{Case, Members, Step, StepId, Written};
use crate::contract::canonical;
use crate::contract::schema::{self, Field, Kind, Schema, TypeId};
use crate::convert::Converter;
use crate::wire::Number;

/// What a side does with what the other does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Direction {
    /// The writer is the caller: nothing that it says may get lost.
    Arguments,
    /// The writer is the provider: a caller ignores what it does not know.
    Results,
}

/// Why two types do not go together: the path below where the pairing began, and the difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Difference {
    pub path: String,
    pub message: String,
}

type Paired<T> = Result<T, Difference>;

fn difference<T>(message: impl Into<String>) -> Paired<T> {
    Err(Difference {
        path: String::new(),
        message: message.into(),
    })
}

fn below<T>(result: Paired<T>, step: &str) -> Paired<T> {
    result.map_err(|d| Difference {
        path: format!("{step}{}", d.path),
        message: d.message,
    })
}

/// One side of a link with what pairing needs to know about its types.
pub(super) struct Side {
    converter: Converter,
    digests: Vec<[u8; 32]>,
}

impl Side {
    pub(super) fn new(schema: &std::sync::Arc<Schema>) -> Side {
        Side {
            converter: Converter::new(schema.clone()),
            digests: canonical::type_digests(&schema.types, &schema.resources),
        }
    }

    pub(super) fn schema(&self) -> &Schema {
        self.converter.schema()
    }

    fn kind(&self, id: TypeId) -> &Kind {
        &self.schema().ty(id).kind
    }
}

/// Pairs types of one writer and one reader. Steps are shared with the other direction.
pub(super) struct Pairing<'a> {
    pub writer: &'a Side,
    pub reader: &'a Side,
    pub direction: Direction,
    pub steps: &'a mut Vec<Step>,
    known: HashMap<(TypeId, TypeId), Paired<StepId>>,
    /// The same for the writer's types against themselves.
    skips: HashMap<(TypeId, TypeId), Paired<StepId>>,
    /// Whether this is such a pairing.
    with_itself: bool,
}

impl<'a> Pairing<'a> {
    pub(super) fn new(
        writer: &'a Side,
        reader: &'a Side,
        direction: Direction,
        steps: &'a mut Vec<Step>,
    ) -> Self {
        Pairing {
            writer,
            reader,
            direction,
            steps,
            known: HashMap::new(),
            skips: HashMap::new(),
            with_itself: false,
        }
    }

    fn add(&mut self, step: Step) -> StepId {
        self.steps.push(step);
        (self.steps.len() - 1) as StepId
    }

    /// The step from the writer's type `w` to the reader's type `r`.
    pub(super) fn pair(&mut self, w: TypeId, r: TypeId) -> Paired<StepId> {
        if let Some(known) = self.known.get(&(w, r)) {
            return known.clone();
        }
        let result = self.find(w, r);
        self.known.insert((w, r), result.clone());
        result
    }

    fn find(&mut self, w: TypeId, r: TypeId) -> Paired<StepId> {
        let (writer, reader) = (self.writer, self.reader);
        let (written, read) = (writer.kind(w), reader.kind(r));
        if let Kind::Option { payload } = read {
            // `T` to `option<T>`, also where T is itself an option.
            let is_payload = writer.digests[w as usize] == reader.digests[*payload as usize];
            if is_payload || !matches!(written, Kind::Option { .. }) {
                let step = self.pair(w, *payload)?;
                return Ok(self.add(Step::Wrap(step)));
            }
        }
        let step = match (written, read) {
            (Kind::List { element: w }, Kind::List { element: r }) => {
                let element = below(self.pair(*w, *r), "[]")?;
                let smallest = writer.converter.smallest(*w);
                match (Number::of(writer.kind(*w)), Number::of(reader.kind(*r))) {
                    (Some(number), Some(_)) => Step::Numbers(number),
                    (Some(number), None) => Step::Unpack {
                        number,
                        length: None,
                        element,
                    },
                    (None, _) => Step::List { smallest, element },
                }
            }
            (
                Kind::FixedList { element: w, length },
                Kind::FixedList {
                    element: r,
                    length: other,
                },
            ) => {
                if length != other {
                    return difference(format!("a list of {length} against one of {other}"));
                }
                let element = below(self.pair(*w, *r), "[]")?;
                let smallest = writer.converter.smallest(*w);
                let length = *length as usize;
                match (Number::of(writer.kind(*w)), Number::of(reader.kind(*r))) {
                    (Some(number), Some(_)) => Step::FixedNumbers(number, length),
                    (Some(number), None) => Step::Unpack {
                        number,
                        length: Some(length),
                        element,
                    },
                    (None, _) => Step::FixedList {
                        smallest,
                        length,
                        element,
                    },
                }
            }
            (Kind::Set { element: w }, Kind::Set { element: r }) => {
                let element = below(self.pair(*w, *r), "[]")?;
                Step::Set {
                    smallest: writer.converter.smallest(*w),
                    element,
                }
            }
            (Kind::Map { key: wk, value: wv }, Kind::Map { key: rk, value: rv }) => {
                let key = below(self.pair(*wk, *rk), "[key]")?;
                let value = below(self.pair(*wv, *rv), "[]")?;
                let smallest = writer
                    .converter
                    .smallest(*wk)
                    .saturating_add(writer.converter.smallest(*wv));
                Step::Map {
                    smallest,
                    key,
                    value,
                    key_kind: writer.kind(*wk).clone(),
                }
            }
            (Kind::Tuple { elements: w }, Kind::Tuple { elements: r }) => {
                if w.len() != r.len() {
                    return difference(format!(
                        "a tuple of {} against one of {}",
                        w.len(),
                        r.len()
                    ));
                }
                let elements = w.iter().zip(r).enumerate();
                let pair = |(i, (w, r)): (usize, (&TypeId, &TypeId))| {
                    below(self.pair(*w, *r), &format!("[{i}]"))
                };
                Step::Tuple(elements.map(pair).collect::<Paired<_>>()?)
            }
            (Kind::Record { fields: w }, Kind::Record { fields: r }) => {
                Step::Record(self.members(w, r, ".")?)
            }
            (Kind::Enum { cases: w, .. }, Kind::Enum { cases: r, fallback }) => Step::Enum {
                written: w.len(),
                read: r.len(),
                cases: self.cases(w, r, *fallback)?,
            },
            (Kind::Variant { cases: w, .. }, Kind::Variant { cases: r, fallback }) => {
                Step::Variant {
                    written: w.len(),
                    read: r.len(),
                    cases: self.cases(w, r, *fallback)?,
                }
            }
            (Kind::Flags { flags: w }, Kind::Flags { flags: r }) => {
                let bit = |flag: &schema::Case| {
                    let index = r.iter().position(|other| other.name == flag.name);
                    index
                        .map(|index| index as u32)
                        .ok_or_else(|| flag.name.clone())
                };
                Step::Flags {
                    written: w.len(),
                    read: r.len(),
                    bits: w.iter().map(bit).collect(),
                    lenient: self.direction == Direction::Results,
                }
            }
            (Kind::Option { payload: w }, Kind::Option { payload: r }) => {
                Step::Option(self.pair(*w, *r)?)
            }
            (Kind::Result { ok: wo, err: we }, Kind::Result { ok: ro, err: re }) => Step::Result {
                ok: below(self.payload(*wo, *ro), ".ok")?,
                err: below(self.payload(*we, *re), ".err")?,
            },
            (Kind::Own { resource: w }, Kind::Own { resource: r })
            | (Kind::Borrow { resource: w }, Kind::Borrow { resource: r }) => {
                let name =
                    |side: &'a Side, id: &u32| side.schema().resources[*id as usize].name.as_str();
                if name(writer, w) != name(reader, r) {
                    let message = format!(
                        "a handle to `{}` against one to `{}`",
                        name(writer, w),
                        name(reader, r)
                    );
                    return difference(message);
                }
                Step::NotYet(written.keyword())
            }
            (Kind::Stream { element: w }, Kind::Stream { element: r })
            | (Kind::Future { element: w }, Kind::Future { element: r }) => {
                below(self.payload(*w, *r), "[]")?;
                Step::NotYet(written.keyword())
            }
            _ if std::mem::discriminant(written) == std::mem::discriminant(read) => plain(written),
            _ => return difference(self.kinds(&w, &r)),
        };
        Ok(self.add(step))
    }

    /// "the caller has u32, the provider has string"
    fn kinds(&self, w: &TypeId, r: &TypeId) -> String {
        let (written, read) = (describe(self.writer, *w), describe(self.reader, *r));
        match self.direction {
            Direction::Arguments => format!("the caller has {written}, the provider has {read}"),
            Direction::Results => format!("the caller has {read}, the provider has {written}"),
        }
    }

    /// Payloads that may be absent, on both sides or on none.
    pub(super) fn payload(
        &mut self,
        w: Option<TypeId>,
        r: Option<TypeId>,
    ) -> Paired<Option<StepId>> {
        match (w, r) {
            (None, None) => Ok(None),
            (Some(w), Some(r)) => self.pair(w, r).map(Some),
            (Some(_), None) | (None, Some(_)) => {
                let caller_has = w.is_some() == (self.direction == Direction::Arguments);
                let (with, without) = if caller_has {
                    ("caller", "provider")
                } else {
                    ("provider", "caller")
                };
                difference(format!(
                    "the {with} has a value here, the {without} has none"
                ))
            }
        }
    }

    /// Fields or parameters, by name.
    pub(super) fn members(&mut self, w: &[Field], r: &[Field], dot: &str) -> Paired<Members> {
        let mut members = Members {
            written: Vec::new(),
            read: Vec::new(),
            in_order: true,
        };
        let (here, there) = match self.direction {
            Direction::Arguments => ("caller", "provider"),
            Direction::Results => ("provider", "caller"),
        };
        for field in w {
            let known = r.iter().any(|other| other.name == field.name);
            let must_be_none = !known && self.direction == Direction::Arguments;
            if must_be_none && !matches!(self.writer.kind(field.ty), Kind::Option { .. }) {
                let message =
                    format!("only the {here} has it; the {there} could not know what it says");
                return below(difference(message), &format!("{dot}{}", field.name));
            }
            let skip = self.skip(field.ty)?;
            members.written.push(Written {
                name: field.name.clone(),
                skip,
                must_be_none,
            });
        }
        let mut last = 0;
        for field in r {
            match w.iter().position(|other| other.name == field.name) {
                Some(index) => {
                    let step = below(
                        self.pair(w[index].ty, field.ty),
                        &format!("{dot}{}", field.name),
                    )?;
                    members.in_order &= index >= last;
                    last = index;
                    members.read.push(Some((index, step)));
                }
                None if matches!(self.reader.kind(field.ty), Kind::Option { .. }) => {
                    members.read.push(None)
                }
                None => {
                    let message = format!("the {there} needs it and the {here} does not have it");
                    return below(difference(message), &format!("{dot}{}", field.name));
                }
            }
        }
        Ok(members)
    }

    fn cases(
        &mut self,
        w: &[schema::Case],
        r: &[schema::Case],
        fallback: Option<u32>,
    ) -> Paired<Vec<Case>> {
        let mut cases = Vec::with_capacity(w.len());
        let by_name: HashMap<&str, usize> = r
            .iter()
            .enumerate()
            .map(|(i, c)| (c.name.as_str(), i))
            .collect();
        for case in w {
            cases.push(match (by_name.get(case.name.as_str()), fallback) {
                (Some(&index), _) => Case::Known {
                    index: index as u32,
                    payload: below(
                        self.payload(case.ty, r[index].ty),
                        &format!(".{}", case.name),
                    )?,
                    name: case.name.clone(),
                },
                (None, Some(index)) => Case::Fallback {
                    index,
                    payload: case.ty.map(|ty| self.skip(ty)).transpose()?,
                },
                (None, None) => Case::Unknown {
                    name: case.name.clone(),
                },
            });
        }
        Ok(cases)
    }

    /// The step that reads a type of the writer as it is.
    pub(super) fn skip(&mut self, w: TypeId) -> Paired<StepId> {
        if self.with_itself {
            return self.pair(w, w);
        }
        let mut same = Pairing::new(self.writer, self.writer, Direction::Results, self.steps);
        same.with_itself = true;
        same.known = std::mem::take(&mut self.skips);
        let step = same.pair(w, w);
        self.skips = same.known;
        step
    }
}

/// Kinds that have the same bytes wherever they stand.
fn plain(kind: &Kind) -> Step {
    if let Some(number) = Number::of(kind) {
        return Step::Fixed(number.size());
    }
    match kind {
        Kind::Bool => Step::Fixed(1),
        Kind::Char | Kind::Date => Step::Fixed(4),
        Kind::Timestamp | Kind::Duration => Step::Fixed(12),
        Kind::ZonedTimestamp => Step::Fixed(14),
        Kind::TimeOfDay => Step::Fixed(7),
        Kind::Uuid => Step::Fixed(16),
        Kind::PartialDate => Step::PartialDate,
        Kind::String | Kind::Decimal | Kind::Document => Step::Sized,
        other => Step::NotYet(other.keyword()),
    }
}

/// A type for a message: its name, or its kind with what it holds.
fn describe(side: &Side, id: TypeId) -> String {
    let ty = side.schema().ty(id);
    match (&ty.name, &ty.kind) {
        (Some(name), kind) if kind.is_nominal() => format!("the {} `{name}`", kind.keyword()),
        (_, Kind::Option { payload }) => format!("option<{}>", describe(side, *payload)),
        (_, Kind::List { element }) => format!("list<{}>", describe(side, *element)),
        (_, Kind::Set { element }) => format!("a set of {}", describe(side, *element)),
        (_, kind) => kind.keyword().to_owned(),
    }
}
