//! From the wire to Python's values.

use hms_ffi_core::contract::schema::{Case, Field};
use hms_ffi_core::convert::{Failure, Lift, Lifted, Sequence, Type, numbers};
use hms_ffi_core::wire::Number;
use hms_ffi_core::wire::types::{
    Date, Duration, PartialDate, TimeOfDay, Timestamp, Uuid, ZonedTimestamp,
};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PySet, PyString, PyTuple,
};

use super::object::{allocate, set_slot};
use super::shape::{RecordShape, Shape};
use super::{Arrays, Model, time};

type Value<'py> = Bound<'py, PyAny>;

/// A sequence in the making.
pub(crate) enum Items<'py> {
    /// A list of its final length, filled up to `next`.
    List {
        list: Bound<'py, PyList>,
        next: usize,
    },
    Tuple(Vec<Value<'py>>),
    Set(Bound<'py, PySet>),
}

/// A record in the making.
pub(crate) struct Record<'a, 'py> {
    object: Value<'py>,
    shape: &'a RecordShape,
}

impl<'a, 'py> Lift for Model<'a, 'py> {
    type Value = Value<'py>;
    type Host = PyErr;
    type Items = Items<'py>;
    type Record = Record<'a, 'py>;
    type Map = Bound<'py, PyDict>;

    fn bool(&mut self, value: bool) -> Lifted<Value<'py>, Self> {
        Ok(PyBool::new(self.py, value).to_owned().into_any())
    }

    fn signed(&mut self, value: i64, _: Number) -> Lifted<Value<'py>, Self> {
        Ok(PyInt::new(self.py, value).into_any())
    }

    fn unsigned(&mut self, value: u64, _: Number) -> Lifted<Value<'py>, Self> {
        Ok(PyInt::new(self.py, value).into_any())
    }

    fn float(&mut self, value: f64, _: Number) -> Lifted<Value<'py>, Self> {
        Ok(PyFloat::new(self.py, value).into_any())
    }

    fn char(&mut self, value: char) -> Lifted<Value<'py>, Self> {
        self.string(value.encode_utf8(&mut [0; 4]))
    }

    fn string(&mut self, value: &str) -> Lifted<Value<'py>, Self> {
        Ok(PyString::new(self.py, value).into_any())
    }

    fn bytes(&mut self, value: &[u8]) -> Lifted<Value<'py>, Self> {
        Ok(PyBytes::new(self.py, value).into_any())
    }

    fn packed(&mut self, number: Number, packed: &[u8], _: Type<'_>) -> Lifted<Value<'py>, Self> {
        match self.arrays {
            Arrays::List => list_of_numbers(self.py, number, packed),
            Arrays::NumPy => self.numpy(number, packed),
            Arrays::MemoryView => self.memoryview(number, packed),
        }
        .map_err(Failure::host)
    }

    fn begin_items(
        &mut self,
        sequence: Sequence,
        _: Type<'_>,
        len: usize,
    ) -> Lifted<Items<'py>, Self> {
        match sequence {
            Sequence::List => self.begin_document_array(len),
            Sequence::Tuple => Ok(Items::Tuple(Vec::with_capacity(len))),
            Sequence::Set => PySet::empty(self.py).map(Items::Set).map_err(Failure::host),
        }
    }

    fn push_item(&mut self, items: &mut Items<'py>, value: Value<'py>) -> Lifted<(), Self> {
        match items {
            Items::Tuple(tuple) => tuple.push(value),
            Items::Set(set) => set.add(value).map_err(Failure::host)?,
            Items::List { list, next } => {
                // SAFETY: the list is ours alone, `PyList_SetItem` checks the index and takes over the reference.
                let failed = unsafe {
                    ffi::PyList_SetItem(list.as_ptr(), *next as ffi::Py_ssize_t, value.into_ptr())
                };
                if failed != 0 {
                    return Err(Failure::host(PyErr::fetch(self.py)));
                }
                *next += 1;
            }
        }
        Ok(())
    }

    fn end_items(
        &mut self,
        _: Sequence,
        items: Items<'py>,
        _: Type<'_>,
    ) -> Lifted<Value<'py>, Self> {
        self.end_document_array(items)
    }

    fn begin_map(&mut self, _: Type<'_>, _: usize) -> Lifted<Bound<'py, PyDict>, Self> {
        Ok(PyDict::new(self.py))
    }

    fn put_entry(
        &mut self,
        map: &mut Bound<'py, PyDict>,
        key: Value<'py>,
        value: Value<'py>,
    ) -> Lifted<(), Self> {
        map.set_item(key, value).map_err(Failure::host)
    }

    fn end_map(&mut self, map: Bound<'py, PyDict>, _: Type<'_>) -> Lifted<Value<'py>, Self> {
        Ok(map.into_any())
    }

    fn begin_record(&mut self, ty: Type<'_>, _: &[Field]) -> Lifted<Record<'a, 'py>, Self> {
        let Shape::Record(shape) = self.shapes.of(ty.id) else {
            return Err(Failure::host(Shape::wrong()));
        };
        let object = allocate(shape.class.bind(self.py)).map_err(Failure::host)?;
        Ok(Record { object, shape })
    }

    fn put_field(
        &mut self,
        record: &mut Record<'a, 'py>,
        index: usize,
        _: &Field,
        value: Value<'py>,
    ) -> Lifted<(), Self> {
        set_slot(
            &record.object,
            record.shape.attributes[index].bind(self.py),
            value,
        )
        .map_err(Failure::host)
    }

    fn end_record(&mut self, record: Record<'a, 'py>, _: Type<'_>) -> Lifted<Value<'py>, Self> {
        Ok(record.object)
    }

    fn enumeration(&mut self, ty: Type<'_>, index: u32, _: &Case) -> Lifted<Value<'py>, Self> {
        let Shape::Enum(shape) = self.shapes.of(ty.id) else {
            return Err(Failure::host(Shape::wrong()));
        };
        Ok(shape.members[index as usize].bind(self.py).clone())
    }

    fn flags(&mut self, ty: Type<'_>, bits: u32, _: &[Case]) -> Lifted<Value<'py>, Self> {
        let Shape::Flags(shape) = self.shapes.of(ty.id) else {
            return Err(Failure::host(Shape::wrong()));
        };
        shape.value(self.py, bits).map_err(Failure::host)
    }

    fn variant(
        &mut self,
        ty: Type<'_>,
        index: u32,
        _: &Case,
        payload: Option<Value<'py>>,
    ) -> Lifted<Value<'py>, Self> {
        let Shape::Variant(shape) = self.shapes.of(ty.id) else {
            return Err(Failure::host(Shape::wrong()));
        };
        let case = allocate(shape.cases[index as usize].bind(self.py)).map_err(Failure::host)?;
        if let Some(payload) = payload {
            set_slot(&case, intern!(self.py, "value"), payload).map_err(Failure::host)?;
        }
        Ok(case)
    }

    fn result(
        &mut self,
        _: Type<'_>,
        value: Result<Option<Value<'py>>, Option<Value<'py>>>,
    ) -> Lifted<Value<'py>, Self> {
        let (class, payload) = match value {
            Ok(payload) => (&self.known.ok, payload),
            Err(payload) => (&self.known.err, payload),
        };
        class.bind(self.py).call1((payload,)).map_err(Failure::host)
    }

    fn none(&mut self) -> Lifted<Value<'py>, Self> {
        Ok(self.py.None().into_bound(self.py))
    }

    fn some_boxed(&mut self, value: Value<'py>) -> Lifted<Value<'py>, Self> {
        self.known
            .some
            .bind(self.py)
            .call1((value,))
            .map_err(Failure::host)
    }

    fn timestamp(&mut self, value: Timestamp) -> Lifted<Value<'py>, Self> {
        time::make_timestamp(self.py, self.known, value).map_err(Failure::host)
    }

    fn zoned_timestamp(&mut self, value: ZonedTimestamp) -> Lifted<Value<'py>, Self> {
        time::make_zoned(self.py, self.known, value).map_err(Failure::host)
    }

    fn date(&mut self, value: Date) -> Lifted<Value<'py>, Self> {
        time::make_date(self.py, self.known, value).map_err(Failure::host)
    }

    fn partial_date(&mut self, value: PartialDate) -> Lifted<Value<'py>, Self> {
        self.string(&value.to_string())
    }

    fn time_of_day(&mut self, value: TimeOfDay) -> Lifted<Value<'py>, Self> {
        time::make_time(self.py, self.known, value).map_err(Failure::host)
    }

    fn duration(&mut self, value: Duration) -> Lifted<Value<'py>, Self> {
        time::make_duration(self.py, self.known, value).map_err(Failure::host)
    }

    fn decimal(&mut self, text: &str) -> Lifted<Value<'py>, Self> {
        self.known
            .decimal
            .bind(self.py)
            .call1((text,))
            .map_err(Failure::host)
    }

    fn uuid(&mut self, value: Uuid) -> Lifted<Value<'py>, Self> {
        let make = || {
            // What `uuid.UUID(int=...)` does, without running its Python code.
            let uuid = allocate(self.known.uuid.bind(self.py))?;
            set_slot(&uuid, intern!(self.py, "int"), value.as_u128())?;
            set_slot(
                &uuid,
                intern!(self.py, "is_safe"),
                self.known.uuid_is_safe.bind(self.py),
            )?;
            Ok(uuid)
        };
        make().map_err(Failure::host)
    }

    fn document_integer(&mut self, value: i128) -> Lifted<Value<'py>, Self> {
        Ok(PyInt::new(self.py, value).into_any())
    }

    fn document_float(&mut self, value: f64) -> Lifted<Value<'py>, Self> {
        Ok(PyFloat::new(self.py, value).into_any())
    }

    fn begin_document_array(&mut self, len: usize) -> Lifted<Items<'py>, Self> {
        // SAFETY: the GIL is held. Empty places are NULL, which lists allow until all of them are set; nobody else
        // sees the list before that.
        let list = unsafe {
            Bound::from_owned_ptr_or_err(self.py, ffi::PyList_New(len as ffi::Py_ssize_t))
        };
        let list = list
            .and_then(|list| Ok(list.cast_into::<PyList>()?))
            .map_err(Failure::host)?;
        Ok(Items::List { list, next: 0 })
    }

    fn end_document_array(&mut self, items: Items<'py>) -> Lifted<Value<'py>, Self> {
        Ok(match items {
            Items::List { list, .. } => list.into_any(),
            Items::Tuple(items) => PyTuple::new(self.py, items)
                .map_err(Failure::host)?
                .into_any(),
            Items::Set(set) => set.into_any(),
        })
    }

    fn begin_document_map(&mut self, _: usize) -> Lifted<Bound<'py, PyDict>, Self> {
        Ok(PyDict::new(self.py))
    }

    fn put_document_entry(
        &mut self,
        map: &mut Bound<'py, PyDict>,
        key: &str,
        value: Value<'py>,
    ) -> Lifted<(), Self> {
        map.set_item(key, value).map_err(Failure::host)
    }

    fn end_document_map(&mut self, map: Bound<'py, PyDict>) -> Lifted<Value<'py>, Self> {
        Ok(map.into_any())
    }
}

fn list_of_numbers<'py>(py: Python<'py>, number: Number, packed: &[u8]) -> PyResult<Value<'py>> {
    let list = match number {
        Number::S8 => PyList::new(py, numbers::i8(packed)),
        Number::S16 => PyList::new(py, numbers::i16(packed)),
        Number::S32 => PyList::new(py, numbers::i32(packed)),
        Number::S64 => PyList::new(py, numbers::i64(packed)),
        Number::U8 => PyList::new(py, packed),
        Number::U16 => PyList::new(py, numbers::u16(packed)),
        Number::U32 => PyList::new(py, numbers::u32(packed)),
        Number::U64 => PyList::new(py, numbers::u64(packed)),
        Number::F32 => PyList::new(py, numbers::f32(packed).map(numbers::widen)),
        Number::F64 => PyList::new(py, numbers::f64(packed)),
    };
    list.map(Bound::into_any)
}

impl<'py> Model<'_, 'py> {
    /// An array that owns its numbers and may be written to.
    fn numpy(&self, number: Number, packed: &[u8]) -> PyResult<Value<'py>> {
        let (kind, size) = (
            match number {
                Number::S8 | Number::S16 | Number::S32 | Number::S64 => 'i',
                Number::U8 | Number::U16 | Number::U32 | Number::U64 => 'u',
                Number::F32 | Number::F64 => 'f',
            },
            number.size(),
        );
        let numpy = self.py.import(intern!(self.py, "numpy"))?;
        let bytes = PyByteArray::new(self.py, packed);
        numpy.call_method1(
            intern!(self.py, "frombuffer"),
            (bytes, format!("<{kind}{size}")),
        )
    }

    /// A read-only view of bytes of its own.
    fn memoryview(&self, number: Number, packed: &[u8]) -> PyResult<Value<'py>> {
        let format = match number {
            Number::S8 => "b",
            Number::S16 => "h",
            Number::S32 => "i",
            Number::S64 => "q",
            Number::U8 => "B",
            Number::U16 => "H",
            Number::U32 => "I",
            Number::U64 => "Q",
            Number::F32 => "f",
            Number::F64 => "d",
        };
        let bytes = PyBytes::new(self.py, packed);
        let view = self.known.memoryview.bind(self.py).call1((bytes,))?;
        view.call_method1(intern!(self.py, "cast"), (format,))
    }
}
