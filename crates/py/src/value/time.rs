//! Dates, times and durations: Python's own classes, and the subclasses of `hms_ffi._time` that keep nanoseconds.

use hms_ffi_core::convert::Failure;
use hms_ffi_core::wire::types::{
    Date, Duration, TimeOfDay, Timestamp, ZonedTimestamp, civil_from_days,
};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyType};

use super::known::Known;
use super::object::set_slot;

type Result<T, E = Failure<PyErr>> = std::result::Result<T, E>;

/// A point in time with its offset in seconds.
struct Moment {
    instant: Timestamp,
    offset_seconds: i64,
}

/// A datetime that knows its offset; its nanoseconds, if its class keeps them (ours, pandas').
pub(crate) fn timestamp(value: &Bound<'_, PyAny>, known: &Known) -> Result<Timestamp> {
    Ok(moment(value, known)?.instant)
}

/// The same, with an offset in whole minutes.
pub(crate) fn zoned_timestamp(value: &Bound<'_, PyAny>, known: &Known) -> Result<ZonedTimestamp> {
    let moment = moment(value, known)?;
    if moment.offset_seconds % 60 != 0 {
        return Err(Failure::invalid("the offset is not in whole minutes"));
    }
    // An offset is less than a day, so its minutes fit.
    Ok(ZonedTimestamp::new(
        moment.instant,
        (moment.offset_seconds / 60) as i16,
    )?)
}

fn moment(value: &Bound<'_, PyAny>, known: &Known) -> Result<Moment> {
    let py = value.py();
    if !value
        .is_instance(known.datetime.bind(py))
        .map_err(Failure::host)?
    {
        return Err(Failure::mismatch());
    }
    let seconds = read_date(value)?.midnight().seconds() + read_seconds(value)?;
    let nanoseconds = read_nanoseconds(value, known.datetime.bind(py))?;
    let tzinfo = value
        .getattr(intern!(py, "tzinfo"))
        .map_err(Failure::host)?;
    let offset_seconds = if tzinfo.is(&known.utc) {
        0
    } else {
        read_offset(value)?
    };
    let instant = Timestamp::new(seconds - offset_seconds, nanoseconds)?;
    Ok(Moment {
        instant,
        offset_seconds,
    })
}

fn read_offset(value: &Bound<'_, PyAny>) -> Result<i64> {
    let offset = value
        .call_method0(intern!(value.py(), "utcoffset"))
        .map_err(Failure::host)?;
    if offset.is_none() {
        return Err(Failure::invalid(
            "expected a datetime with a time zone, got a naive one",
        ));
    }
    let total = read_timedelta(&offset)?;
    if total % 1_000_000_000 != 0 {
        return Err(Failure::invalid("the offset is not in whole seconds"));
    }
    // Less than a day.
    Ok((total / 1_000_000_000) as i64)
}

/// A date that is no datetime.
pub(crate) fn date(value: &Bound<'_, PyAny>, known: &Known) -> Result<Date> {
    let py = value.py();
    let is_date = value
        .is_instance(known.date.bind(py))
        .map_err(Failure::host)?;
    if !is_date
        || value
            .is_instance(known.datetime.bind(py))
            .map_err(Failure::host)?
    {
        return Err(Failure::mismatch());
    }
    read_date(value)
}

/// A time without a time zone.
pub(crate) fn time_of_day(value: &Bound<'_, PyAny>, known: &Known) -> Result<TimeOfDay> {
    let py = value.py();
    if !value
        .is_instance(known.time.bind(py))
        .map_err(Failure::host)?
    {
        return Err(Failure::mismatch());
    }
    if !value
        .getattr(intern!(py, "tzinfo"))
        .map_err(Failure::host)?
        .is_none()
    {
        return Err(Failure::invalid(
            "expected a time without a time zone, got one with it",
        ));
    }
    let nanoseconds = read_nanoseconds(value, known.time.bind(py))?;
    let (hour, minute, second) = read_time(value)?;
    Ok(TimeOfDay::new(hour, minute, second, nanoseconds)?)
}

/// A timedelta.
pub(crate) fn duration(value: &Bound<'_, PyAny>, known: &Known) -> Result<Duration> {
    let py = value.py();
    if !value
        .is_instance(known.timedelta.bind(py))
        .map_err(Failure::host)?
    {
        return Err(Failure::mismatch());
    }
    let total = if value.get_type().is(&known.timedelta) {
        read_timedelta(value)?
    } else if value
        .is_instance(known.duration.bind(py))
        .map_err(Failure::host)?
    {
        let total = value
            .call_method0(intern!(py, "total_nanoseconds"))
            .map_err(Failure::host)?;
        total
            .extract::<i128>()
            .map_err(|_| Failure::out_of_range())?
    } else {
        // pandas.Timedelta keeps the nanoseconds beyond the microsecond beside the rest.
        let beyond = extra_nanoseconds(value, intern!(py, "nanoseconds"))?;
        read_timedelta(value)? + i128::from(beyond)
    };
    Ok(Duration::from_nanoseconds(total)?)
}

fn read_date(value: &Bound<'_, PyAny>) -> Result<Date> {
    let py = value.py();
    Ok(Date::new(
        number(value, intern!(py, "year"))?,
        number(value, intern!(py, "month"))?,
        number(value, intern!(py, "day"))?,
    )?)
}

fn read_time(value: &Bound<'_, PyAny>) -> Result<(u8, u8, u8)> {
    let py = value.py();
    Ok((
        number(value, intern!(py, "hour"))?,
        number(value, intern!(py, "minute"))?,
        number(value, intern!(py, "second"))?,
    ))
}

fn read_seconds(value: &Bound<'_, PyAny>) -> Result<i64> {
    let (hour, minute, second) = read_time(value)?;
    Ok(i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second))
}

/// Microseconds, and what a subclass keeps beyond them in `nanosecond` (0 to 999).
fn read_nanoseconds(value: &Bound<'_, PyAny>, plain: &Bound<'_, PyType>) -> Result<u32> {
    let py = value.py();
    let micros: u32 = number(value, intern!(py, "microsecond"))?;
    let beyond = if value.get_type().is(plain) {
        0
    } else {
        extra_nanoseconds(value, intern!(py, "nanosecond"))?
    };
    Ok(micros * 1000 + beyond)
}

fn extra_nanoseconds(value: &Bound<'_, PyAny>, name: &Bound<'_, PyString>) -> Result<u32> {
    let Some(beyond) = value.getattr_opt(name).map_err(Failure::host)? else {
        return Ok(0);
    };
    match beyond.extract::<u32>() {
        Ok(beyond @ 0..=999) => Ok(beyond),
        _ => Err(Failure::invalid(
            "expected 0 to 999 nanoseconds beyond the microsecond",
        )),
    }
}

fn read_timedelta(value: &Bound<'_, PyAny>) -> Result<i128> {
    let py = value.py();
    let days: i64 = number(value, intern!(py, "days"))?;
    let seconds: i64 = number(value, intern!(py, "seconds"))?;
    let micros: i64 = number(value, intern!(py, "microseconds"))?;
    Ok((i128::from(days * 86400 + seconds) * 1_000_000 + i128::from(micros)) * 1000)
}

fn number<'py, T>(value: &Bound<'py, PyAny>, name: &Bound<'py, PyString>) -> Result<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    value
        .getattr(name)
        .and_then(|number| number.extract())
        .map_err(Failure::host)
}

/// A `Timestamp` in UTC.
pub(crate) fn make_timestamp<'py>(
    py: Python<'py>,
    known: &Known,
    value: Timestamp,
) -> PyResult<Bound<'py, PyAny>> {
    make_moment(
        py,
        known,
        value.seconds(),
        value.nanoseconds(),
        known.utc.bind(py).clone(),
    )
}

/// A `Timestamp` with a fixed offset.
pub(crate) fn make_zoned<'py>(
    py: Python<'py>,
    known: &Known,
    value: ZonedTimestamp,
) -> PyResult<Bound<'py, PyAny>> {
    let instant = value.instant();
    let offset = i64::from(value.offset_minutes()) * 60;
    let tzinfo = if offset == 0 {
        known.utc.bind(py).clone()
    } else {
        known
            .timezone
            .bind(py)
            .call1((known.timedelta.bind(py).call1((0, offset))?,))?
    };
    make_moment(
        py,
        known,
        instant.seconds() + offset,
        instant.nanoseconds(),
        tzinfo,
    )
}

fn make_moment<'py>(
    py: Python<'py>,
    known: &Known,
    local_seconds: i64,
    nanoseconds: u32,
    tzinfo: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let (year, month, day) = civil_from_days(local_seconds.div_euclid(86400));
    let second = local_seconds.rem_euclid(86400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let class = known.timestamp.bind(py);
    let made = known.new_datetime.bind(py).call1((
        class,
        year,
        month,
        day,
        hour,
        minute,
        second,
        nanoseconds / 1000,
        tzinfo,
    ))?;
    set_slot(&made, intern!(py, "_beyond"), nanoseconds % 1000)?;
    Ok(made)
}

/// A date.
pub(crate) fn make_date<'py>(
    py: Python<'py>,
    known: &Known,
    value: Date,
) -> PyResult<Bound<'py, PyAny>> {
    known
        .date
        .bind(py)
        .call1((value.year(), value.month(), value.day()))
}

/// A `TimeOfDay`.
pub(crate) fn make_time<'py>(
    py: Python<'py>,
    known: &Known,
    value: TimeOfDay,
) -> PyResult<Bound<'py, PyAny>> {
    let micros = value.nanoseconds() / 1000;
    let class = known.time_of_day.bind(py);
    let made = known.new_time.bind(py).call1((
        class,
        value.hour(),
        value.minute(),
        value.second(),
        micros,
    ))?;
    set_slot(&made, intern!(py, "_beyond"), value.nanoseconds() % 1000)?;
    Ok(made)
}

/// A `Duration`.
pub(crate) fn make_duration<'py>(
    py: Python<'py>,
    known: &Known,
    value: Duration,
) -> PyResult<Bound<'py, PyAny>> {
    let make = known
        .duration
        .bind(py)
        .getattr(intern!(py, "from_nanoseconds"))?;
    make.call1((value.total_nanoseconds(),))
}
