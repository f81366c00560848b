//! From Python's values to the wire.

use hms_ffi_core::contract::schema::{Case, Field, Kind};
use hms_ffi_core::convert::{Dynamic, Failure, Lower, Lowered, Optional, Type};
use hms_ffi_core::wire::Number;
use hms_ffi_core::wire::types::{
    Date, Decimal, Duration, PartialDate, TimeOfDay, Timestamp, Uuid, ZonedTimestamp,
};
use pyo3::exceptions::PyUnicodeEncodeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple,
};

use super::buffer::{Buffer, Element};
use super::record::Source;
use super::shape::Shape;
use super::{Model, choice, number, time};

type Value<'py> = Bound<'py, PyAny>;

impl<'a, 'py> Lower for Model<'a, 'py> {
    type Value = Value<'py>;
    type Host = PyErr;
    type Record = Source<'py>;

    fn describe(&mut self, value: &Value<'py>) -> String {
        let ty = value.get_type();
        let name = ty
            .qualname()
            .map_or_else(|_| "object".to_owned(), |name| name.to_string());
        match ty.module() {
            Ok(module) if module == "builtins" => name,
            Ok(module) => format!("{module}.{name}"),
            Err(_) => name,
        }
    }

    fn bool(&mut self, value: &Value<'py>) -> Lowered<bool, Self> {
        value
            .cast::<PyBool>()
            .map(|value| value.is_true())
            .map_err(|_| Failure::mismatch())
    }

    fn signed(&mut self, value: &Value<'py>, _: Number) -> Lowered<i64, Self> {
        number::signed(value)
    }

    fn unsigned(&mut self, value: &Value<'py>, _: Number) -> Lowered<u64, Self> {
        number::unsigned(value)
    }

    fn float(&mut self, value: &Value<'py>, number: Number) -> Lowered<f64, Self> {
        number::float(value, number)
    }

    fn char(&mut self, value: &Value<'py>) -> Lowered<char, Self> {
        self.string(value, |text| {
            let mut chars = text.chars();
            chars.next().filter(|_| chars.next().is_none())
        })?
        .ok_or_else(|| Failure::invalid("expected one character"))
    }

    fn string<R>(&mut self, value: &Value<'py>, read: impl FnOnce(&str) -> R) -> Lowered<R, Self> {
        let text = value.cast::<PyString>().map_err(|_| Failure::mismatch())?;
        text.to_str()
            .map(read)
            .map_err(|error| surrogate(error, self.py))
    }

    fn bytes<R>(&mut self, value: &Value<'py>, read: impl FnOnce(&[u8]) -> R) -> Lowered<R, Self> {
        if let Ok(bytes) = value.cast::<PyBytes>() {
            return Ok(read(bytes.as_bytes()));
        }
        let buffer = Buffer::of(value).ok_or_else(Failure::mismatch)?;
        match buffer.element() {
            Element::Byte | Element::Number(Number::U8) => buffer.read(read),
            // Bytes of something else would be read as what they are not.
            _ => Err(Failure::mismatch()),
        }
    }

    fn packed<R>(
        &mut self,
        value: &Value<'py>,
        number: Number,
        read: impl FnOnce(&[u8]) -> R,
    ) -> Lowered<Option<R>, Self> {
        if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
            return Ok(None);
        }
        let is_bytes = value.is_instance_of::<PyBytes>() || value.is_instance_of::<PyByteArray>();
        match Buffer::of(value) {
            Some(buffer) if !is_bytes && buffer.is_flat() => {
                let same =
                    cfg!(target_endian = "little") && buffer.element() == Element::Number(number);
                if same {
                    buffer.read(read).map(Some)
                } else {
                    Ok(None)
                }
            }
            _ => Err(Failure::mismatch()),
        }
    }

    fn list(
        &mut self,
        value: &Value<'py>,
        ty: Type<'_>,
        mut each: impl FnMut(&mut Self, &Value<'py>) -> Lowered<(), Self>,
    ) -> Lowered<(), Self> {
        if let Ok(list) = value.cast::<PyList>() {
            return list.iter().try_for_each(|item| each(self, &item));
        }
        if let Ok(tuple) = value.cast::<PyTuple>() {
            return tuple.iter_borrowed().try_for_each(|item| each(self, &item));
        }
        // An array or buffer of numbers of another width: `packed` has refused what is neither.
        let of_numbers = match ty.kind() {
            Kind::List { element } | Kind::FixedList { element, .. } => {
                Number::of(ty.with(*element).kind()).is_some()
            }
            _ => false,
        };
        if of_numbers && Buffer::of(value).is_some() {
            self.iterate(value, each)
        } else {
            Err(Failure::mismatch())
        }
    }

    fn tuple(
        &mut self,
        value: &Value<'py>,
        ty: Type<'_>,
        each: impl FnMut(&mut Self, &Value<'py>) -> Lowered<(), Self>,
    ) -> Lowered<(), Self> {
        self.list(value, ty, each)
    }

    fn set(
        &mut self,
        value: &Value<'py>,
        _: Type<'_>,
        each: impl FnMut(&mut Self, &Value<'py>) -> Lowered<(), Self>,
    ) -> Lowered<(), Self> {
        // Text is iterable, but who passes it does not mean its characters.
        if value.is_instance_of::<PyString>() || value.is_instance_of::<PyBytes>() {
            return Err(Failure::mismatch());
        }
        self.iterate(value, each)
    }

    fn map(
        &mut self,
        value: &Value<'py>,
        _: Type<'_>,
        mut each: impl FnMut(&mut Self, &Value<'py>, &Value<'py>) -> Lowered<(), Self>,
    ) -> Lowered<(), Self> {
        for item in self.items(value)? {
            let (key, value) = item?;
            each(self, &key, &value)?;
        }
        Ok(())
    }

    fn record(
        &mut self,
        value: &Value<'py>,
        ty: Type<'_>,
        fields: &[Field],
    ) -> Lowered<Source<'py>, Self> {
        let Shape::Record(shape) = self.shapes.of(ty.id) else {
            return Err(Failure::host(Shape::wrong()));
        };
        Source::of(value, shape, fields, self.known)
    }

    fn field(
        &mut self,
        value: &Value<'py>,
        record: &mut Source<'py>,
        ty: Type<'_>,
        index: usize,
        _: &Field,
    ) -> Lowered<Option<Value<'py>>, Self> {
        let Shape::Record(shape) = self.shapes.of(ty.id) else {
            return Err(Failure::host(Shape::wrong()));
        };
        record.field(value, shape, index)
    }

    fn enumeration(&mut self, value: &Value<'py>, ty: Type<'_>, _: &[Case]) -> Lowered<u32, Self> {
        let Shape::Enum(shape) = self.shapes.of(ty.id) else {
            return Err(Failure::host(Shape::wrong()));
        };
        choice::enumeration(value, shape, self.known)
    }

    fn flags(&mut self, value: &Value<'py>, ty: Type<'_>, _: &[Case]) -> Lowered<u32, Self> {
        let Shape::Flags(shape) = self.shapes.of(ty.id) else {
            return Err(Failure::host(Shape::wrong()));
        };
        choice::flags(value, shape)
    }

    fn variant(
        &mut self,
        value: &Value<'py>,
        ty: Type<'_>,
        cases: &[Case],
    ) -> Lowered<(u32, Option<Value<'py>>), Self> {
        let Shape::Variant(shape) = self.shapes.of(ty.id) else {
            return Err(Failure::host(Shape::wrong()));
        };
        choice::variant(value, shape, cases, self.known)
    }

    fn result(
        &mut self,
        value: &Value<'py>,
        ty: Type<'_>,
    ) -> Lowered<Result<Option<Value<'py>>, Option<Value<'py>>>, Self> {
        let has = match ty.kind() {
            Kind::Result { ok, err } => (ok.is_some(), err.is_some()),
            _ => (true, true),
        };
        choice::result(value, has, self.known)
    }

    fn option(&mut self, value: &Value<'py>, boxed: bool) -> Lowered<Optional<Value<'py>>, Self> {
        if value.is_none() {
            return Ok(Optional::None);
        }
        if !boxed {
            return Ok(Optional::Same);
        }
        if !value.get_type().is(&self.known.some) {
            return Err(Failure::invalid("expected None or Some(...)"));
        }
        value
            .getattr(intern!(self.py, "value"))
            .map(Optional::Boxed)
            .map_err(Failure::host)
    }

    fn timestamp(&mut self, value: &Value<'py>) -> Lowered<Timestamp, Self> {
        time::timestamp(value, self.known)
    }

    fn zoned_timestamp(&mut self, value: &Value<'py>) -> Lowered<ZonedTimestamp, Self> {
        time::zoned_timestamp(value, self.known)
    }

    fn date(&mut self, value: &Value<'py>) -> Lowered<Date, Self> {
        time::date(value, self.known)
    }

    fn partial_date(&mut self, value: &Value<'py>) -> Lowered<PartialDate, Self> {
        Ok(self.string(value, |text| text.parse::<PartialDate>())??)
    }

    fn time_of_day(&mut self, value: &Value<'py>) -> Lowered<TimeOfDay, Self> {
        time::time_of_day(value, self.known)
    }

    fn duration(&mut self, value: &Value<'py>) -> Lowered<Duration, Self> {
        time::duration(value, self.known)
    }

    fn decimal<R>(&mut self, value: &Value<'py>, read: impl FnOnce(&str) -> R) -> Lowered<R, Self> {
        if value.is_instance_of::<PyString>() {
            return self.string(value, read);
        }
        if value.is_instance_of::<PyInt>() && !value.is_instance_of::<PyBool>() {
            let integer = value.py().get_type::<PyInt>();
            let text = integer
                .call_method1(intern!(self.py, "__repr__"), (value,))
                .map_err(Failure::host)?;
            return self.string(&text, read);
        }
        if !value
            .is_instance(self.known.decimal.bind(self.py))
            .map_err(Failure::host)?
        {
            return Err(Failure::mismatch());
        }
        let mut text = value.str().map_err(Failure::host)?;
        if text.to_str().map_err(Failure::host)?.contains('E') {
            // Without an exponent; digits and scale stay as they are. Slower, so only where there is one.
            let plain =
                value.call_method1(intern!(self.py, "__format__"), (intern!(self.py, "f"),));
            let plain = plain.map_err(Failure::host)?.cast_into::<PyString>();
            text = plain.map_err(|_| Failure::mismatch())?;
        }
        let text = text.to_str().map_err(Failure::host)?;
        if !text
            .trim_start_matches('-')
            .starts_with(|first: char| first.is_ascii_digit())
        {
            return Err(Failure::invalid("a decimal is neither infinite nor NaN"));
        }
        // Python's arithmetic makes negative zeros; the number is zero.
        match text.strip_prefix('-') {
            Some(digits) if digits.bytes().all(|digit| matches!(digit, b'0' | b'.')) => {
                Ok(read(digits))
            }
            _ => Ok(read(text)),
        }
    }

    fn uuid(&mut self, value: &Value<'py>) -> Lowered<Uuid, Self> {
        if !value
            .is_instance(self.known.uuid.bind(self.py))
            .map_err(Failure::host)?
        {
            return Err(Failure::mismatch());
        }
        let number = value
            .getattr(intern!(self.py, "int"))
            .and_then(|number| number.extract());
        number.map(Uuid::from_u128).map_err(Failure::host)
    }

    fn dynamic(&mut self, value: &Value<'py>) -> Lowered<Dynamic, Self> {
        Ok(if value.is_none() {
            Dynamic::Null
        } else if let Ok(bool) = value.cast::<PyBool>() {
            Dynamic::Bool(bool.is_true())
        } else if let Ok(float) = value.cast::<PyFloat>() {
            Dynamic::Float(float.value())
        } else if value.is_instance_of::<PyString>() {
            Dynamic::Text
        } else if value.is_instance_of::<PyDict>() {
            Dynamic::Map
        } else if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
            Dynamic::Array
        } else if value.is_instance_of::<PyBytes>() || value.is_instance_of::<PyByteArray>() {
            Dynamic::Bytes
        } else if value
            .is_instance(self.known.decimal.bind(self.py))
            .map_err(Failure::host)?
        {
            let text = self.decimal(value, str::to_owned)?;
            Dynamic::Decimal(text.parse::<Decimal>()?)
        } else if number::is_integer(value) {
            Dynamic::Integer(number::wide(value)?)
        } else {
            return Err(Failure::mismatch());
        })
    }

    fn document_array(
        &mut self,
        value: &Value<'py>,
        each: impl FnMut(&mut Self, &Value<'py>) -> Lowered<(), Self>,
    ) -> Lowered<(), Self> {
        self.iterate(value, each)
    }

    fn document_map(
        &mut self,
        value: &Value<'py>,
        mut each: impl FnMut(&mut Self, &str, &Value<'py>) -> Lowered<(), Self>,
    ) -> Lowered<(), Self> {
        for item in self.items(value)? {
            let (key, value) = item?;
            let key = key
                .cast::<PyString>()
                .map_err(|_| Failure::invalid("the keys within a document are strings"))?;
            let text = key.to_str().map_err(|error| surrogate(error, self.py))?;
            each(self, text, &value)?;
        }
        Ok(())
    }
}

/// Why a string has no UTF-8.
fn surrogate(error: PyErr, py: Python<'_>) -> Failure<PyErr> {
    if error.is_instance_of::<PyUnicodeEncodeError>(py) {
        Failure::invalid("the string has a lone surrogate, which UTF-8 cannot hold")
    } else {
        Failure::host(error)
    }
}

type Item<'py> = Result<(Value<'py>, Value<'py>), Failure<PyErr>>;

impl<'py> Model<'_, 'py> {
    fn iterate(
        &mut self,
        value: &Value<'py>,
        mut each: impl FnMut(&mut Self, &Value<'py>) -> Result<(), Failure<PyErr>>,
    ) -> Result<(), Failure<PyErr>> {
        let Ok(items) = value.try_iter() else {
            return Err(Failure::mismatch());
        };
        for item in items {
            each(self, &item.map_err(Failure::host)?)?;
        }
        Ok(())
    }

    /// Keys and values of a dict, or of what behaves like one.
    fn items(
        &self,
        value: &Value<'py>,
    ) -> Result<impl Iterator<Item = Item<'py>> + use<'py>, Failure<PyErr>> {
        let items = if let Ok(dict) = value.cast::<PyDict>() {
            // A copy: lowering an element may run Python code, which may change the dict.
            dict.items().into_any()
        } else if value
            .is_instance(self.known.mapping.bind(self.py))
            .map_err(Failure::host)?
        {
            value
                .call_method0(intern!(self.py, "items"))
                .map_err(Failure::host)?
        } else {
            return Err(Failure::mismatch());
        };
        let items = items.try_iter().map_err(Failure::host)?;
        Ok(items.map(|item| item.and_then(|item| item.extract()).map_err(Failure::host)))
    }
}
