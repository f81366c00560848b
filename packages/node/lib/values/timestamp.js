'use strict';

const { FIRST_SECOND, LAST_SECOND, formatRfc3339, parseRfc3339 } = require('./text.js');

const BILLION = 1000000000n;

/**
 * A point in time with nanoseconds: a Date that keeps what a Date cannot hold. The nanoseconds count only while they
 * belong to the Date's own time: after `setMinutes` and its like the time is whole milliseconds again. `structuredClone`
 * and `new Date(timestamp)` make plain Dates, of whole milliseconds.
 */
class Timestamp extends Date {
  #nanoseconds = 0;
  #at = NaN;

  /**
   * @param {number | string | Date | bigint} [value] Milliseconds since 1970, an RFC 3339 text with up to nine decimals, a
   *   Date or Timestamp, or nanoseconds since 1970 as a bigint. Nothing is now.
   */
  constructor(value) {
    if (typeof value === 'number') {
      super(value);
      return;
    }
    const parts = value === undefined ? undefined : partsOf(value);
    if (parts === undefined) {
      super();
      return;
    }
    super(parts.seconds * 1000 + Math.floor(parts.nanoseconds / 1000000));
    this.#nanoseconds = parts.nanoseconds;
    this.#at = super.getTime();
  }

  /**
   * The point `seconds` and `nanoseconds` after 1970.
   *
   * @param {number} seconds Whole.
   * @param {number} nanoseconds From 0 to 999999999.
   */
  static fromParts(seconds, nanoseconds) {
    const timestamp = new Timestamp(seconds * 1000 + Math.floor(nanoseconds / 1000000));
    timestamp.#nanoseconds = nanoseconds;
    timestamp.#at = timestamp.getTime();
    return timestamp;
  }

  /** @param {bigint} nanoseconds Since 1970. */
  static fromEpochNanoseconds(nanoseconds) {
    return new Timestamp(nanoseconds);
  }

  /** @param {Date} a @param {Date} b @returns {number} Negative, zero or positive, by nanoseconds. */
  static compare(a, b) {
    const left = epochNanoseconds(a);
    const right = epochNanoseconds(b);
    return left < right ? -1 : left > right ? 1 : 0;
  }

  /** Nanoseconds within the second, 0 to 999999999. */
  get nanoseconds() {
    const time = this.getTime();
    if (time === this.#at) return this.#nanoseconds;
    return (time - Math.floor(time / 1000) * 1000) * 1000000;
  }

  /** Whole seconds since 1970, rounded down. */
  get epochSeconds() {
    return Math.floor(this.getTime() / 1000);
  }

  /** Nanoseconds since 1970. */
  get epochNanoseconds() {
    return BigInt(this.epochSeconds) * BILLION + BigInt(this.nanoseconds);
  }

  /** @param {Date} other Whether it is the same point, to the nanosecond. */
  equals(other) {
    return Timestamp.compare(this, other) === 0;
  }

  /** As a Date writes it, with nine decimals where three are too few. */
  toISOString() {
    const text = super.toISOString();
    const below = this.nanoseconds % 1000000;
    return below === 0 ? text : text.slice(0, -1) + String(below).padStart(6, '0') + 'Z';
  }

  /** @returns {string} */
  toJSON() {
    return Number.isNaN(this.getTime()) ? /** @type {any} */ (null) : this.toISOString();
  }
}

/** @param {Date} date */
const epochNanoseconds = (date) =>
  date instanceof Timestamp ? date.epochNanoseconds : BigInt(date.getTime()) * 1000000n;

/** @param {string | Date | bigint} value */
function partsOf(value) {
  if (typeof value === 'bigint') {
    const seconds = value / BILLION - (value % BILLION < 0n ? 1n : 0n);
    return checked(Number(seconds), Number(value - seconds * BILLION));
  }
  if (typeof value === 'string') {
    const parts = parseRfc3339(value);
    if (parts === undefined) throw new RangeError('not a timestamp like 2024-02-29T12:30:00Z');
    return parts;
  }
  const time = value.getTime();
  if (Number.isNaN(time)) return { seconds: NaN, nanoseconds: NaN };
  const seconds = Math.floor(time / 1000);
  const nanoseconds = value instanceof Timestamp ? value.nanoseconds : (time - seconds * 1000) * 1000000;
  return { seconds, nanoseconds };
}

/** @param {number} seconds @param {number} nanoseconds */
function checked(seconds, nanoseconds) {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) {
    throw new RangeError('a timestamp lies within the years 1 to 9999');
  }
  return { seconds, nanoseconds };
}

/** A point in time and the offset from UTC at which it was written. */
class ZonedTimestamp {
  /**
   * @param {Timestamp | Date | bigint | string} instant A text may carry the offset itself.
   * @param {number} [offset] Whole minutes, -1439 to 1439.
   */
  constructor(instant, offset = 0) {
    /** @type {Timestamp} @readonly */
    this.instant = instant instanceof Timestamp ? instant : new Timestamp(instant);
    /** Minutes. @type {number} @readonly */
    this.offset = offset;
  }

  /** @param {string} text RFC 3339 with its offset, `2024-02-29T12:30:00+02:00`. */
  static parse(text) {
    const parts = parseRfc3339(text);
    if (parts === undefined) throw new RangeError('not a timestamp like 2024-02-29T12:30:00+02:00');
    return new ZonedTimestamp(Timestamp.fromParts(parts.seconds, parts.nanoseconds), parts.offset);
  }

  toString() {
    return formatRfc3339(this.instant.epochSeconds, this.instant.nanoseconds, this.offset);
  }

  toJSON() {
    return this.toString();
  }
}

module.exports = { Timestamp, ZonedTimestamp };
