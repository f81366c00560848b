'use strict';

const { formatFraction, parseFraction } = require('./text.js');

const BILLION = 1000000000n;
const TEXT = /^(-?)(\d+)(?:\.(\d{1,9}))?s$/;

/** A span of time: seconds, which may be negative, plus nanoseconds that always count forwards. */
class Duration {
  /**
   * @param {bigint | number} seconds Whole, 64 bits.
   * @param {number} [nanoseconds] From 0 to 999999999.
   */
  constructor(seconds, nanoseconds = 0) {
    const whole = BigInt(seconds);
    if (BigInt.asIntN(64, whole) !== whole) {
      throw new RangeError("a duration's seconds must fit 64 bits");
    }
    if (!Number.isInteger(nanoseconds) || nanoseconds < 0 || nanoseconds > 999999999) {
      throw new RangeError('nanoseconds are 0 to 999999999');
    }
    /** @type {bigint} @readonly */
    this.seconds = whole;
    /** @type {number} @readonly */
    this.nanoseconds = nanoseconds;
  }

  /** @param {bigint} total */
  static fromNanoseconds(total) {
    const seconds = total / BILLION - (total % BILLION < 0n ? 1n : 0n);
    return new Duration(seconds, Number(total - seconds * BILLION));
  }

  /** @param {number} milliseconds Fractions are kept to the nanosecond. */
  static fromMilliseconds(milliseconds) {
    const whole = Math.floor(milliseconds);
    return Duration.fromNanoseconds(
      BigInt(whole) * 1000000n + BigInt(Math.round((milliseconds - whole) * 1000000)),
    );
  }

  /** @param {string} text Such as `1.5s` or `-0.25s`. */
  static parse(text) {
    const match = TEXT.exec(text);
    if (match === null) throw new RangeError('not a duration like 1.5s or -0.25s');
    const total = BigInt(match[2]) * BILLION + BigInt(parseFraction(match[3]));
    return Duration.fromNanoseconds(match[1] === '-' ? -total : total);
  }

  /** The whole span in nanoseconds. */
  get totalNanoseconds() {
    return this.seconds * BILLION + BigInt(this.nanoseconds);
  }

  /** The whole span in milliseconds, as near as a number comes. */
  get totalMilliseconds() {
    return Number(this.seconds) * 1000 + this.nanoseconds / 1000000;
  }

  toString() {
    const total = this.totalNanoseconds;
    const magnitude = total < 0n ? -total : total;
    return `${total < 0n ? '-' : ''}${magnitude / BILLION}${formatFraction(Number(magnitude % BILLION))}s`;
  }

  toJSON() {
    return this.toString();
  }
}

module.exports = { Duration };
