//! Whole messages: the arguments of a call, its result, its declared error.

use super::lift::Lift;
use super::lower::lower;
use super::problem::{Origin, Problem, Result};
use hms_ffi_core::contract::schema::{Function, TypeId};
use hms_ffi_core::convert::{Converter, Segment};
use hms_ffi_core::error::{Code, Error};
use hms_ffi_core::wire::{Limits, Reader, Writer};
use serde::de::{Deserialize, DeserializeOwned, DeserializeSeed};
use serde::ser::Serialize;

/// A message of one value; paths in errors begin with `root`.
///
/// # Errors
/// `invalid-argument` with the path to what the type does not allow; `resource-exhausted` for what is over a limit.
pub fn to_wire<T: Serialize + ?Sized>(
    converter: &Converter,
    ty: TypeId,
    root: &str,
    value: &T,
    limits: &Limits,
) -> Result<Vec<u8>, Error> {
    lower_one(converter, ty, root, value, limits)
        .map_err(|problem| problem.into_error(Code::InvalidArgument))
}

/// The value of a message of one value; it may borrow strings and bytes from the message.
///
/// # Errors
/// As [`to_wire`].
pub fn from_wire<'de, T: Deserialize<'de>>(
    converter: &Converter,
    ty: TypeId,
    root: &str,
    message: &'de [u8],
    limits: &Limits,
) -> Result<T, Error> {
    from_wire_seed(
        converter,
        ty,
        root,
        message,
        limits,
        std::marker::PhantomData,
    )
}

/// As [`from_wire`], with a seed in the place of a type.
///
/// # Errors
/// As [`to_wire`].
pub fn from_wire_seed<'de, S: DeserializeSeed<'de>>(
    converter: &Converter,
    ty: TypeId,
    root: &str,
    message: &'de [u8],
    limits: &Limits,
    seed: S,
) -> Result<S::Value, Error> {
    lift_one(converter, ty, root, message, limits, seed)
        .map_err(|problem| problem.into_error(Code::InvalidArgument))
}

pub(crate) fn lower_one<T: Serialize + ?Sized>(
    converter: &Converter,
    ty: TypeId,
    root: &str,
    value: &T,
    limits: &Limits,
) -> Result<Vec<u8>> {
    let mut out = Writer::new(*limits);
    lower(converter, ty, value, &mut out).map_err(at(root))?;
    out.finish().map_err(|fault| at(root)(fault.into()))
}

pub(crate) fn lift_one<'de, S: DeserializeSeed<'de>>(
    converter: &Converter,
    ty: TypeId,
    root: &str,
    message: &'de [u8],
    limits: &Limits,
    seed: S,
) -> Result<S::Value> {
    let lift = || {
        let mut input = Reader::new(message, limits)?;
        let value = seed.deserialize(Lift {
            converter,
            ty,
            input: &mut input,
        })?;
        input.finish()?;
        Ok(value)
    };
    lift().map_err(at(root))
}

/// A result or declared error, of which the contract may have none: then there are no bytes, and the value is `()`.
pub(crate) fn lift_outcome<T: DeserializeOwned>(
    converter: &Converter,
    ty: Option<TypeId>,
    root: &str,
    message: &[u8],
    limits: &Limits,
) -> Result<T> {
    match ty {
        Some(ty) => lift_one(
            converter,
            ty,
            root,
            message,
            limits,
            std::marker::PhantomData,
        ),
        None => Reader::new(message, limits)
            .and_then(|input| input.finish())
            .map_err(Problem::from)
            .and_then(|()| T::deserialize(super::lift_case::Nothing))
            .map_err(at(root)),
    }
}

/// Bytes of a result or declared error, as [`lift_outcome`].
pub(crate) fn lower_outcome<T: Serialize + ?Sized>(
    converter: &Converter,
    ty: Option<TypeId>,
    root: &str,
    value: &T,
    limits: &Limits,
) -> Result<Vec<u8>> {
    match ty {
        Some(ty) => lower_one(converter, ty, root, value, limits),
        None => value
            .serialize(super::only::Only(super::only::Nothing))
            .map(|()| Vec::new())
            .map_err(at(root)),
    }
}

fn at(root: &str) -> impl Fn(Problem) -> Problem + '_ {
    move |problem| problem.at(Segment::Root(root.to_owned()))
}

mod sealed {
    pub trait Sealed {}
}

/// The arguments of a call: a tuple of up to eight values that serde can serialize. One argument is `(value,)`.
pub trait Args: sealed::Sealed {
    /// Number of arguments.
    #[doc(hidden)]
    const COUNT: usize;

    /// Writes each as the parameter at its place.
    #[doc(hidden)]
    fn lower(&self, args: ArgsLower<'_>) -> Result<(), Error>;
}

/// Where arguments are written.
#[doc(hidden)]
pub struct ArgsLower<'a> {
    converter: &'a Converter,
    function: &'a Function,
    out: &'a mut Writer,
}

/// The arguments of a handler: a tuple of up to eight values that serde can deserialize.
pub trait OwnedArgs: sealed::Sealed + Sized {
    /// Number of arguments.
    #[doc(hidden)]
    const COUNT: usize;

    /// Reads each as the parameter at its place.
    #[doc(hidden)]
    fn lift(args: ArgsLift<'_, '_>) -> Result<Self, Error>;
}

/// Where arguments are read.
#[doc(hidden)]
pub struct ArgsLift<'a, 'm> {
    converter: &'a Converter,
    function: &'a Function,
    input: &'a mut Reader<'m>,
}

macro_rules! tuples {
    ($count:literal: $($ty:ident $index:tt)*) => {
        impl<$($ty),*> sealed::Sealed for ($($ty,)*) {}

        impl<$($ty: Serialize),*> Args for ($($ty,)*) {
            const COUNT: usize = $count;

            #[allow(unused_variables)]
            fn lower(&self, args: ArgsLower<'_>) -> Result<(), Error> {
                $(args_lower(args.converter, args.function, $index, &self.$index, args.out)?;)*
                Ok(())
            }
        }

        impl<$($ty: DeserializeOwned),*> OwnedArgs for ($($ty,)*) {
            const COUNT: usize = $count;

            #[allow(unused_variables)]
            fn lift(args: ArgsLift<'_, '_>) -> Result<Self, Error> {
                Ok(($(args_lift::<$ty>(args.converter, args.function, $index, args.input)?,)*))
            }
        }
    };
}

tuples!(0:);
tuples!(1: A 0);
tuples!(2: A 0 B 1);
tuples!(3: A 0 B 1 C 2);
tuples!(4: A 0 B 1 C 2 D 3);
tuples!(5: A 0 B 1 C 2 D 3 E 4);
tuples!(6: A 0 B 1 C 2 D 3 E 4 F 5);
tuples!(7: A 0 B 1 C 2 D 3 E 4 F 5 G 6);
tuples!(8: A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7);

fn args_lower<T: Serialize>(
    converter: &Converter,
    function: &Function,
    index: usize,
    value: &T,
    out: &mut Writer,
) -> Result<(), Error> {
    let param = &function.params[index];
    lower(converter, param.ty, value, out)
        .map_err(|problem| at(&param.name)(problem).into_error(Code::InvalidArgument))
}

fn args_lift<T: DeserializeOwned>(
    converter: &Converter,
    function: &Function,
    index: usize,
    input: &mut Reader<'_>,
) -> Result<T, Error> {
    let param = &function.params[index];
    T::deserialize(Lift {
        converter,
        ty: param.ty,
        input,
    })
    .map_err(|problem| blame_provider(at(&param.name)(problem)))
}

/// A handler whose types differ from the contract is the provider's mistake; a value that breaks a rule is the caller's.
fn blame_provider(problem: Problem) -> Error {
    let code = if problem.origin == Origin::Shape {
        Code::Internal
    } else {
        Code::InvalidArgument
    };
    problem.into_error(code)
}

/// The bytes of a call's arguments.
///
/// # Errors
/// `invalid-argument` with the path, `resource-exhausted` for limits.
pub(crate) fn lower_args<A: Args>(
    converter: &Converter,
    function: &Function,
    args: &A,
    limits: &Limits,
) -> Result<Vec<u8>, Error> {
    if A::COUNT != function.params.len() {
        let message = format!(
            "{}: expected {} arguments, got {}",
            function.name,
            function.params.len(),
            A::COUNT
        );
        return Err(Error::invalid_argument(message));
    }
    let mut out = Writer::new(*limits);
    args.lower(ArgsLower {
        converter,
        function,
        out: &mut out,
    })?;
    out.finish()
        .map_err(|fault| at("arguments")(fault.into()).into_error(Code::InvalidArgument))
}

/// The arguments of a call from their bytes. The count was compared when the handler was exported.
pub(crate) fn lift_args<A: OwnedArgs>(
    converter: &Converter,
    function: &Function,
    message: &[u8],
    limits: &Limits,
) -> Result<A, Error> {
    let at_message = |fault| blame_provider(at("arguments")(Problem::from(fault)));
    let mut input = Reader::new(message, limits).map_err(at_message)?;
    let args = A::lift(ArgsLift {
        converter,
        function,
        input: &mut input,
    })?;
    input.finish().map_err(at_message)?;
    Ok(args)
}
