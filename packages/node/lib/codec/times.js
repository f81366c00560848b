'use strict';

const { Fault, mismatch } = require('./fault.js');
const {
  FIRST_SECOND,
  LAST_SECOND,
  formatDate,
  formatTime,
  isDay,
  pad,
  parseFraction,
} = require('../values/text.js');
const { Timestamp, ZonedTimestamp } = require('../values/timestamp.js');
const { Duration } = require('../values/duration.js');
const { isDate } = require('node:util').types;

/** @typedef {import('./writer.js').Writer} Writer */
/** @typedef {import('./reader.js').Reader} Reader */

const BILLION = 1000000000n;

const YEARS = 'a timestamp lies within the years 1 to 9999';
const NANOSECONDS = 'nanoseconds are 0 to 999999999';

/**
 * Writes a point in time and returns its seconds.
 *
 * @param {Writer} w
 * @param {any} v
 * @param {string} expected
 */
function writeInstant(w, v, expected) {
  let seconds;
  let nanoseconds;
  if (v instanceof Timestamp) {
    seconds = v.epochSeconds;
    nanoseconds = v.nanoseconds;
  } else if (isDate(v)) {
    const time = v.getTime();
    seconds = Math.floor(time / 1000);
    nanoseconds = (time - seconds * 1000) * 1000000;
  } else if (isInstant(v)) {
    const total = v.epochNanoseconds;
    const below = BigInt.asUintN(64, ((total % BILLION) + BILLION) % BILLION);
    nanoseconds = Number(below);
    seconds = Number((total - below) / BILLION);
  } else {
    throw mismatch(expected, v);
  }
  if (seconds !== seconds) throw new Fault(`expected ${expected}, got an invalid Date`);
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) throw new Fault(YEARS);
  w.safe64(seconds);
  w.u32(nanoseconds);
  return seconds;
}

/**
 * A Temporal.Instant, of Node or of a polyfill; not a ZonedDateTime, whose zone would be lost.
 *
 * @param {any} v
 */
function isInstant(v) {
  return (
    typeof v === 'object' &&
    v !== null &&
    typeof v.epochNanoseconds === 'bigint' &&
    v.timeZoneId === undefined &&
    v.timeZone === undefined
  );
}

/** @param {Writer} w @param {any} v */
function lowerTimestamp(w, v) {
  writeInstant(w, v, 'timestamp');
}

/** @param {Reader} r */
function liftTimestamp(r) {
  const seconds = r.near64();
  const nanoseconds = r.u32();
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) throw new Fault(YEARS);
  if (nanoseconds > 999999999) throw new Fault(NANOSECONDS);
  return Timestamp.fromParts(seconds, nanoseconds);
}

/** @param {Writer} w @param {any} v */
function lowerZoned(w, v) {
  if (typeof v !== 'object' || v === null || isDate(v) || v.instant === undefined) {
    throw mismatch('zoned-timestamp', v);
  }
  const seconds = writeInstant(w, v.instant, 'zoned-timestamp');
  const offset = v.offset;
  if (typeof offset !== 'number' || !Number.isInteger(offset)) {
    throw mismatch('an offset in whole minutes', offset);
  }
  checkOffset(seconds, offset);
  w.u16(offset);
}

/** @param {Reader} r */
function liftZoned(r) {
  const instant = liftTimestamp(r);
  const offset = r.s16();
  checkOffset(instant.epochSeconds, offset);
  return new ZonedTimestamp(instant, offset);
}

/** @param {number} seconds @param {number} offset */
function checkOffset(seconds, offset) {
  if (offset < -1439 || offset > 1439) throw new Fault('an offset is -1439 to 1439 minutes');
  const local = seconds + offset * 60;
  if (local < FIRST_SECOND || local > LAST_SECOND) {
    throw new Fault('the local time lies within the years 1 to 9999');
  }
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;

/** @param {Writer} w @param {unknown} v */
function lowerDate(w, v) {
  if (typeof v !== 'string') throw mismatch('date', v);
  const match = DATE.exec(v);
  if (match === null) throw new Fault('not a date like 2024-02-29');
  writeDay(w, Number(match[1]), Number(match[2]), Number(match[3]));
}

/** @param {Writer} w @param {number} year @param {number} month @param {number} day */
function writeDay(w, year, month, day) {
  if (!isDay(year, month, day)) throw notADay();
  w.u16(year);
  w.u8(month);
  w.u8(day);
}

/** @param {Reader} r */
function liftDate(r) {
  const year = r.u16();
  const month = r.u8();
  const day = r.u8();
  if (!isDay(year, month, day)) throw notADay();
  return formatDate(year, month, day);
}

const notADay = () => new Fault('not a day of the years 1 to 9999');

const PARTIAL_DATE = /^(\d{4})(?:-(\d\d))?$/;

/** @param {Writer} w @param {unknown} v */
function lowerPartialDate(w, v) {
  if (typeof v !== 'string') throw mismatch('partial-date', v);
  const match = PARTIAL_DATE.exec(v);
  if (match === null) throw new Fault('not a year or a year and month like 2024 or 2024-02');
  const year = Number(match[1]);
  checkYear(year);
  w.u16(year);
  if (match[2] === undefined) {
    w.u8(0);
  } else {
    const month = Number(match[2]);
    checkMonth(month);
    w.u8(1);
    w.u8(month);
  }
}

/** @param {Reader} r */
function liftPartialDate(r) {
  const year = r.u16();
  if (!r.option()) {
    checkYear(year);
    return pad(year, 4);
  }
  const month = r.u8();
  checkYear(year);
  checkMonth(month);
  return `${pad(year, 4)}-${pad(month, 2)}`;
}

/** @param {number} year */
function checkYear(year) {
  if (year < 1 || year > 9999) throw notAMonth();
}

/** @param {number} month */
function checkMonth(month) {
  if (month < 1 || month > 12) throw notAMonth();
}

const notAMonth = () => new Fault('not a year 1 to 9999, or not a month 1 to 12');

const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/;

/** @param {Writer} w @param {unknown} v */
function lowerTimeOfDay(w, v) {
  if (typeof v !== 'string') throw mismatch('time-of-day', v);
  const match = TIME.exec(v);
  if (match === null) throw new Fault('not a time like 13:28:17 or 13:28:17.5');
  const hour = Number(match[1]);
  const minute = Number(match[2]);
  const second = Number(match[3]);
  checkTime(hour, minute, second);
  w.u8(hour);
  w.u8(minute);
  w.u8(second);
  w.u32(parseFraction(match[4]));
}

/** @param {Reader} r */
function liftTimeOfDay(r) {
  const hour = r.u8();
  const minute = r.u8();
  const second = r.u8();
  const nanoseconds = r.u32();
  checkTime(hour, minute, second);
  if (nanoseconds > 999999999) throw new Fault(NANOSECONDS);
  return formatTime(hour, minute, second, nanoseconds);
}

/** @param {number} hour @param {number} minute @param {number} second */
function checkTime(hour, minute, second) {
  if (hour > 23 || minute > 59 || second > 59) throw new Fault('not a time from 00:00:00 to 23:59:59');
}

/** @param {Writer} w @param {unknown} v */
function lowerDuration(w, v) {
  if (!(v instanceof Duration)) throw mismatch('duration', v);
  w.big64(v.seconds);
  w.u32(v.nanoseconds);
}

/** @param {Reader} r */
function liftDuration(r) {
  const seconds = r.s64();
  const nanoseconds = r.u32();
  if (nanoseconds > 999999999) throw new Fault(NANOSECONDS);
  return new Duration(seconds, nanoseconds);
}

/** @type {Record<string, import('./scalars.js').Leaf>} */
const times = {
  timestamp: { lower: lowerTimestamp, lift: liftTimestamp },
  'zoned-timestamp': { lower: lowerZoned, lift: liftZoned },
  date: { lower: lowerDate, lift: liftDate },
  'partial-date': { lower: lowerPartialDate, lift: liftPartialDate },
  'time-of-day': { lower: lowerTimeOfDay, lift: liftTimeOfDay },
  duration: { lower: lowerDuration, lift: liftDuration },
};

module.exports = { times };
