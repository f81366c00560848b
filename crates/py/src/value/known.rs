//! Classes and functions of Python that the object model uses again and again, looked up once for the process.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// Classes of the standard library and of `hms_ffi`'s Python part.
pub(crate) struct Known {
    pub date: Py<PyType>,
    pub datetime: Py<PyType>,
    pub time: Py<PyType>,
    pub timedelta: Py<PyType>,
    pub utc: Py<PyAny>,
    pub timezone: Py<PyType>,
    pub decimal: Py<PyType>,
    pub uuid: Py<PyType>,
    pub uuid_is_safe: Py<PyAny>,
    pub enum_class: Py<PyType>,
    pub mapping: Py<PyType>,
    pub timestamp: Py<PyType>,
    pub time_of_day: Py<PyType>,
    pub duration: Py<PyType>,
    pub variant: Py<PyType>,
    pub some: Py<PyType>,
    pub ok: Py<PyType>,
    pub err: Py<PyType>,
    /// `datetime.__new__` and `time.__new__`, which keep our subclasses' own constructors out of the way.
    pub new_datetime: Py<PyAny>,
    pub new_time: Py<PyAny>,
    pub memoryview: Py<PyAny>,
}

static KNOWN: PyOnceLock<Known> = PyOnceLock::new();

impl Known {
    /// The one instance.
    pub fn get(py: Python<'_>) -> PyResult<&'static Known> {
        // The lock lives as long as the process, so do the references in it.
        KNOWN.get_or_try_init(py, || Known::load(py))
    }

    fn load(py: Python<'_>) -> PyResult<Known> {
        let class = |module: &str, name: &str| -> PyResult<Py<PyType>> {
            Ok(py
                .import(module)?
                .getattr(name)?
                .cast_into::<PyType>()?
                .unbind())
        };
        let datetime = class("datetime", "datetime")?;
        let time = class("datetime", "time")?;
        let timezone = class("datetime", "timezone")?;
        Ok(Known {
            date: class("datetime", "date")?,
            timedelta: class("datetime", "timedelta")?,
            utc: timezone.bind(py).getattr("utc")?.unbind(),
            new_datetime: datetime.bind(py).getattr("__new__")?.unbind(),
            new_time: time.bind(py).getattr("__new__")?.unbind(),
            datetime,
            time,
            timezone,
            decimal: class("decimal", "Decimal")?,
            uuid: class("uuid", "UUID")?,
            uuid_is_safe: py
                .import("uuid")?
                .getattr("SafeUUID")?
                .getattr("unknown")?
                .unbind(),
            enum_class: class("enum", "Enum")?,
            mapping: class("collections.abc", "Mapping")?,
            timestamp: class("hms_ffi._time", "Timestamp")?,
            time_of_day: class("hms_ffi._time", "TimeOfDay")?,
            duration: class("hms_ffi._time", "Duration")?,
            variant: class("hms_ffi._values", "Variant")?,
            some: class("hms_ffi._values", "Some")?,
            ok: class("hms_ffi._values", "Ok")?,
            err: class("hms_ffi._values", "Err")?,
            memoryview: py.import("builtins")?.getattr("memoryview")?.unbind(),
        })
    }
}
