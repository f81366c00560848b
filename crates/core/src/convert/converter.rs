//! A schema prepared for conversion, and the messages of its functions.

use std::sync::Arc;

use super::lift::Lifting;
use super::lower::Lowering;
use super::{Failure, Lift, Lifted, Lower, Lowered, Segment};
use crate::contract::schema::{Function, Kind, Schema, TypeId};
use crate::error::Code;
use crate::wire::{Limits, Reader, Writer};

/// A schema with what the engine needs to know about its types. Make one for each schema and keep it.
///
/// Paths begin with the parameter's name, `result`, `error`, or the root that the caller names.
#[derive(Clone, Debug)]
pub struct Converter {
    schema: Arc<Schema>,
    /// Bytes of the smallest encoding of each type.
    smallest: Box<[u64]>,
}

impl Converter {
    /// Prepares a (validated) schema.
    pub fn new(schema: Arc<Schema>) -> Self {
        let mut smallest = Vec::with_capacity(schema.types.len());
        for def in &schema.types {
            let size = smallest_encoding(&def.kind, &smallest);
            smallest.push(size);
        }
        Converter {
            schema,
            smallest: smallest.into(),
        }
    }

    /// The schema.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Bytes of the smallest encoding of a type.
    pub fn smallest(&self, ty: TypeId) -> u64 {
        self.smallest[ty as usize]
    }

    /// Lowers one value into a message that is being written. No path in front.
    pub fn lower<M: Lower>(
        &self,
        ty: TypeId,
        model: &mut M,
        value: &M::Value,
        out: &mut Writer,
    ) -> Lowered<(), M> {
        Lowering {
            converter: self,
            out,
        }
        .value(model, ty, value)
    }

    /// Lifts one value from a message that is being read. No path in front.
    pub fn lift<M: Lift>(
        &self,
        ty: TypeId,
        model: &mut M,
        reader: &mut Reader<'_>,
    ) -> Lifted<M::Value, M> {
        Lifting {
            converter: self,
            reader,
        }
        .value(model, ty)
    }

    /// A message of one value; `root` is the first step of paths.
    pub fn lower_message<M: Lower>(
        &self,
        ty: TypeId,
        root: &str,
        model: &mut M,
        value: &M::Value,
        limits: &Limits,
    ) -> Lowered<Vec<u8>, M> {
        let mut out = Writer::new(*limits);
        self.lower(ty, model, value, &mut out)
            .map_err(|failure| failure.at(at_root(root)))?;
        out.finish()
            .map_err(|fault| Failure::from(fault).at(at_root(root)))
    }

    /// The value of a message of one value; `root` is the first step of paths.
    pub fn lift_message<M: Lift>(
        &self,
        ty: TypeId,
        root: &str,
        model: &mut M,
        message: &[u8],
        limits: &Limits,
    ) -> Lifted<M::Value, M> {
        let mut lifted = || {
            let mut reader = Reader::new(message, limits)?;
            let value = self.lift(ty, model, &mut reader)?;
            reader.finish()?;
            Ok(value)
        };
        lifted().map_err(|failure: Failure<M::Host>| failure.at(at_root(root)))
    }

    /// The arguments of a call: one value for each parameter.
    pub fn lower_args<M: Lower>(
        &self,
        function: &Function,
        model: &mut M,
        args: &[M::Value],
        limits: &Limits,
    ) -> Lowered<Vec<u8>, M> {
        let params = &function.params;
        if args.len() != params.len() {
            let message = format!("expected {} arguments, got {}", params.len(), args.len());
            return Err(Failure::invalid(message).at(at_root(&function.name)));
        }
        let mut out = Writer::new(*limits);
        for (param, arg) in params.iter().zip(args) {
            self.lower(param.ty, model, arg, &mut out)
                .map_err(|failure| failure.at(at_root(&param.name)))?;
        }
        out.finish()
            .map_err(|fault| Failure::from(fault).at(at_root("arguments")))
    }

    /// Gives the arguments of a call to `each` in the order of the parameters, with their indices.
    pub fn lift_args<M: Lift>(
        &self,
        function: &Function,
        model: &mut M,
        message: &[u8],
        limits: &Limits,
        mut each: impl FnMut(&mut M, usize, M::Value) -> Lifted<(), M>,
    ) -> Lifted<(), M> {
        let at_message = |fault| Failure::from(fault).at(at_root("arguments"));
        let mut reader = Reader::new(message, limits).map_err(at_message)?;
        for (index, param) in function.params.iter().enumerate() {
            let arg = self
                .lift(param.ty, model, &mut reader)
                .map_err(|failure| failure.at(at_root(&param.name)))?;
            each(model, index, arg)?;
        }
        reader.finish().map_err(at_message)
    }

    /// The message of an ok outcome. `None` where the function has no result. What a provider returns and the contract
    /// does not allow is the provider's mistake: `internal`.
    pub fn lower_ok<M: Lower>(
        &self,
        function: &Function,
        model: &mut M,
        value: Option<&M::Value>,
        limits: &Limits,
    ) -> Lowered<Vec<u8>, M> {
        self.lower_outcome(
            self.schema.outcome(function).ok,
            "result",
            model,
            value,
            limits,
        )
    }

    /// The message of a declared error, as [`lower_ok`](Self::lower_ok).
    pub fn lower_err<M: Lower>(
        &self,
        function: &Function,
        model: &mut M,
        value: Option<&M::Value>,
        limits: &Limits,
    ) -> Lowered<Vec<u8>, M> {
        self.lower_outcome(
            self.schema.outcome(function).err,
            "error",
            model,
            value,
            limits,
        )
    }

    fn lower_outcome<M: Lower>(
        &self,
        ty: Option<TypeId>,
        root: &str,
        model: &mut M,
        value: Option<&M::Value>,
        limits: &Limits,
    ) -> Lowered<Vec<u8>, M> {
        match (ty, value) {
            (None, None) => Ok(Vec::new()),
            (Some(ty), Some(value)) => self
                .lower_message(ty, root, model, value, limits)
                .map_err(|failure| failure.blame(Code::Internal)),
            (Some(_), None) => Err(Failure::new(Code::Internal, "missing").at(at_root(root))),
            (None, Some(_)) => Err(
                Failure::new(Code::Internal, "the contract has no value here").at(at_root(root)),
            ),
        }
    }

    /// The value of an ok outcome; `None` where the function has no result. Bytes that are not such a value are
    /// `data-loss`.
    pub fn lift_ok<M: Lift>(
        &self,
        function: &Function,
        model: &mut M,
        message: &[u8],
        limits: &Limits,
    ) -> Lifted<Option<M::Value>, M> {
        self.lift_outcome(
            self.schema.outcome(function).ok,
            "result",
            model,
            message,
            limits,
        )
    }

    /// The value of a declared error, as [`lift_ok`](Self::lift_ok).
    pub fn lift_err<M: Lift>(
        &self,
        function: &Function,
        model: &mut M,
        message: &[u8],
        limits: &Limits,
    ) -> Lifted<Option<M::Value>, M> {
        self.lift_outcome(
            self.schema.outcome(function).err,
            "error",
            model,
            message,
            limits,
        )
    }

    fn lift_outcome<M: Lift>(
        &self,
        ty: Option<TypeId>,
        root: &str,
        model: &mut M,
        message: &[u8],
        limits: &Limits,
    ) -> Lifted<Option<M::Value>, M> {
        let lifted = match ty {
            Some(ty) => self
                .lift_message(ty, root, model, message, limits)
                .map(Some),
            None => match Reader::new(message, limits).and_then(|reader| reader.finish()) {
                Ok(()) => Ok(None),
                Err(fault) => Err(Failure::from(fault).at(at_root(root))),
            },
        };
        lifted.map_err(|failure| failure.blame(Code::DataLoss))
    }
}

fn at_root(name: &str) -> Segment {
    Segment::Root(name.to_owned())
}

/// Bytes of the smallest encoding of a kind; `smallest` holds those of the types before it.
fn smallest_encoding(kind: &Kind, smallest: &[u64]) -> u64 {
    let of = |id: TypeId| smallest[id as usize];
    let sum = |ids: &mut dyn Iterator<Item = TypeId>| ids.map(of).fold(0, u64::saturating_add);
    match kind {
        Kind::Bool | Kind::S8 | Kind::U8 | Kind::Option { .. } => 1,
        Kind::S16 | Kind::U16 => 2,
        Kind::S32 | Kind::U32 | Kind::F32 | Kind::Char => 4,
        Kind::S64 | Kind::U64 | Kind::F64 => 8,
        Kind::String | Kind::List { .. } | Kind::Set { .. } | Kind::Map { .. } => 4,
        // Padding before packed numbers depends on the place.
        Kind::FixedList { element, length } => of(*element).saturating_mul((*length).into()),
        Kind::Tuple { elements } => sum(&mut elements.iter().copied()),
        Kind::Record { fields } => sum(&mut fields.iter().map(|field| field.ty)),
        Kind::Enum { cases, .. } => crate::wire::discriminant_size(cases.len()) as u64,
        Kind::Flags { flags } => crate::wire::flags_size(flags.len()) as u64,
        Kind::Variant { cases, .. } => {
            let least = cases
                .iter()
                .map(|case| case.ty.map_or(0, of))
                .min()
                .unwrap_or(0);
            least.saturating_add(crate::wire::discriminant_size(cases.len()) as u64)
        }
        Kind::Result { ok, err } => 1 + ok.map_or(0, of).min(err.map_or(0, of)),
        Kind::Timestamp | Kind::Duration => 12,
        Kind::ZonedTimestamp => 14,
        Kind::Date => 4,
        Kind::PartialDate => 3,
        Kind::TimeOfDay => 7,
        Kind::Decimal | Kind::Document => 5,
        Kind::Uuid => 16,
        // Not yet callable; reading one fails before its size matters.
        Kind::Own { .. } | Kind::Borrow { .. } | Kind::Stream { .. } | Kind::Future { .. } => 0,
    }
}
