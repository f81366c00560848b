'use strict';

/** The textual forms of times, as in RFC 3339 and FHIR. */

/** First and last second of the years 1 to 9999, counted from 1970. */
const FIRST_SECOND = -62135596800;
const LAST_SECOND = 253402300799;

/** @param {number} year @param {number} month From 1. */
function daysInMonth(year, month) {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** @param {number} year @param {number} month @param {number} day */
function isDay(year, month, day) {
  return (
    year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
  );
}

/** @param {number} number @param {number} digits */
const pad = (number, digits) => String(number).padStart(digits, '0');

/** `.5` or nothing. @param {number} nanoseconds */
const formatFraction = (nanoseconds) =>
  nanoseconds === 0 ? '' : '.' + pad(nanoseconds, 9).replace(/0+$/, '');

/** The nanoseconds of the digits after a point. @param {string | undefined} digits */
const parseFraction = (digits) => (digits === undefined ? 0 : Number(digits.padEnd(9, '0')));

/** @param {number} year @param {number} month @param {number} day */
const formatDate = (year, month, day) => `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;

/** @param {number} hour @param {number} minute @param {number} second @param {number} nanoseconds */
const formatTime = (hour, minute, second, nanoseconds) =>
  `${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}${formatFraction(nanoseconds)}`;

/** Date and time of day in the offset. @param {number} seconds @param {number} nanoseconds */
function formatLocal(seconds, nanoseconds) {
  const date = new Date(seconds * 1000);
  return (
    formatDate(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()) +
    'T' +
    formatTime(date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), nanoseconds)
  );
}

/**
 * @param {number} seconds
 * @param {number} nanoseconds
 * @param {number} offset Minutes.
 */
function formatRfc3339(seconds, nanoseconds, offset) {
  const local = formatLocal(seconds + offset * 60, nanoseconds);
  if (offset === 0) return local + 'Z';
  const minutes = Math.abs(offset);
  return `${local}${offset < 0 ? '-' : '+'}${pad(Math.trunc(minutes / 60), 2)}:${pad(minutes % 60, 2)}`;
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/**
 * @param {string} text
 * @returns {{ seconds: number, nanoseconds: number, offset: number } | undefined} Nothing if it is not such a time.
 */
function parseRfc3339(text) {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const hours = Number(match[9] ?? 0);
  const minutes = Number(match[10] ?? 0);
  if (!isDay(year, month, day) || hour > 23 || minute > 59 || second > 59) return undefined;
  if (hours > 23 || minutes > 59) return undefined;
  const offset = (hours * 60 + minutes) * (match[8] === '-' ? -1 : 1) || 0;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const seconds = date.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset * 60;
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) return undefined;
  return { seconds, nanoseconds: parseFraction(match[7]), offset };
}

module.exports = {
  FIRST_SECOND,
  LAST_SECOND,
  formatDate,
  formatFraction,
  formatRfc3339,
  formatTime,
  isDay,
  pad,
  parseFraction,
  parseRfc3339,
};
