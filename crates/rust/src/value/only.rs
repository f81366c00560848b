//! A serializer for positions that take few kinds of values: a number in a packed list, a name, nothing at all.

use super::problem::{Problem, Result};
use serde::Serialize;
use serde::ser::{Impossible, Serializer};

/// What a position accepts; everything else is a mismatch.
pub(super) trait Accept: Sized {
    type Out;

    /// What the position expects, for messages.
    fn expected(&self) -> String;

    fn nothing(self) -> Result<Self::Out> {
        self.mismatch("nothing")
    }
    fn boolean(self, _: bool) -> Result<Self::Out> {
        self.mismatch("bool")
    }
    fn signed(self, _: i64) -> Result<Self::Out> {
        self.mismatch("integer")
    }
    fn unsigned(self, _: u64) -> Result<Self::Out> {
        self.mismatch("integer")
    }
    fn float(self, _: f64) -> Result<Self::Out> {
        self.mismatch("float")
    }
    /// Separate from [`float`](Self::float) because widening would change the bits of a NaN.
    fn single(self, value: f32) -> Result<Self::Out> {
        self.float(value.into())
    }
    fn text(self, _: &str) -> Result<Self::Out> {
        self.mismatch("string")
    }
    fn case(self, _: &'static str) -> Result<Self::Out> {
        self.mismatch("case without payload")
    }
    fn bytes(self, _: &[u8]) -> Result<Self::Out> {
        self.mismatch("bytes")
    }
    fn none(self) -> Result<Self::Out> {
        self.mismatch("option")
    }
    fn some<T: Serialize + ?Sized>(self, _: &T) -> Result<Self::Out> {
        self.mismatch("option")
    }
    fn payload<T: Serialize + ?Sized>(
        self,
        _ty: &'static str,
        _case: &'static str,
        _: &T,
    ) -> Result<Self::Out> {
        self.mismatch("case with payload")
    }

    #[cold]
    fn mismatch(&self, got: &str) -> Result<Self::Out> {
        Err(Problem::shape(format!(
            "expected {}, got {got}",
            self.expected()
        )))
    }
}

pub(super) struct Only<A>(pub(super) A);

type Never<A> = Impossible<<A as Accept>::Out, Problem>;

macro_rules! forward {
    ($($method:ident($ty:ty) => $hook:ident;)*) => {$(
        #[inline]
        fn $method(self, value: $ty) -> Result<A::Out> {
            self.0.$hook(value.into())
        }
    )*};
}

impl<A: Accept> Serializer for Only<A> {
    type Ok = A::Out;
    type Error = Problem;
    type SerializeSeq = Never<A>;
    type SerializeTuple = Never<A>;
    type SerializeTupleStruct = Never<A>;
    type SerializeTupleVariant = Never<A>;
    type SerializeMap = Never<A>;
    type SerializeStruct = Never<A>;
    type SerializeStructVariant = Never<A>;

    forward! {
        serialize_bool(bool) => boolean;
        serialize_i8(i8) => signed;
        serialize_i16(i16) => signed;
        serialize_i32(i32) => signed;
        serialize_i64(i64) => signed;
        serialize_u8(u8) => unsigned;
        serialize_u16(u16) => unsigned;
        serialize_u32(u32) => unsigned;
        serialize_u64(u64) => unsigned;
        serialize_f32(f32) => single;
        serialize_f64(f64) => float;
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_char(self, _: char) -> Result<A::Out> {
        self.0.mismatch("char")
    }
    fn serialize_str(self, value: &str) -> Result<A::Out> {
        self.0.text(value)
    }
    fn serialize_bytes(self, value: &[u8]) -> Result<A::Out> {
        self.0.bytes(value)
    }
    fn serialize_none(self) -> Result<A::Out> {
        self.0.none()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<A::Out> {
        self.0.some(value)
    }
    fn serialize_unit(self) -> Result<A::Out> {
        self.0.nothing()
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<A::Out> {
        self.0.nothing()
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<A::Out> {
        self.0.case(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<A::Out> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        ty: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<A::Out> {
        self.0.payload(ty, variant, value)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Never<A>> {
        self.never("list")
    }
    fn serialize_tuple(self, _: usize) -> Result<Never<A>> {
        self.never("tuple")
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Never<A>> {
        self.never("tuple")
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never<A>> {
        self.never("case with payload")
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Never<A>> {
        self.never("map")
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Never<A>> {
        self.never("struct")
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Never<A>> {
        self.never("case with payload")
    }
}

impl<A: Accept> Only<A> {
    #[cold]
    fn never(self, got: &str) -> Result<Never<A>> {
        Err(Problem::shape(format!(
            "expected {}, got {got}",
            self.0.expected()
        )))
    }
}

/// Accepts only `()`: the payload of a case, or the value of a result, that has no type.
pub(super) struct Nothing;

impl Accept for Nothing {
    type Out = ();
    fn expected(&self) -> String {
        "nothing".to_owned()
    }
    fn nothing(self) -> Result<()> {
        Ok(())
    }
}

/// Accepts a name: a string or a case without payload.
pub(super) struct Name;

impl Accept for Name {
    type Out = String;
    fn expected(&self) -> String {
        "a name".to_owned()
    }
    fn text(self, value: &str) -> Result<String> {
        Ok(value.to_owned())
    }
    fn case(self, name: &'static str) -> Result<String> {
        Ok(name.to_owned())
    }
}
