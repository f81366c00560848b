'use strict';

const GRAMMAR = 'not a decimal like -1.10';
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const MAX_LENGTH = 4096;
const CHECKED = Symbol('checked');

/**
 * What is wrong with the text of a decimal.
 *
 * @param {string} text
 * @returns {string | undefined}
 */
function decimalFault(text) {
  const { length } = text;
  if (length > MAX_LENGTH) return 'a decimal has at most 4096 bytes';
  // By hand: several times as fast as an expression, and every amount passes here twice.
  const first = text.charCodeAt(0) === MINUS ? 1 : 0;
  let digits = 0;
  let isZero = true;
  let hasPoint = false;
  for (let i = first; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === POINT && !hasPoint && digits > 0) {
      if (digits > 1 && text.charCodeAt(first) === ZERO) return GRAMMAR;
      hasPoint = true;
      digits = 0;
    } else if (unit >= ZERO && unit <= NINE) {
      digits++;
      if (unit !== ZERO) isZero = false;
    } else {
      return GRAMMAR;
    }
  }
  if (digits === 0) return GRAMMAR;
  if (!hasPoint && digits > 1 && text.charCodeAt(first) === ZERO) return GRAMMAR;
  return isZero && first === 1 ? 'a decimal zero has no sign' : undefined;
}

/** An exact decimal number. Its scale is part of it: 1.10 stays 1.10. */
class Decimal {
  /**
   * @param {string | bigint | Decimal} value Text such as `-1.10`; numbers are refused, they are not exact.
   * @param {symbol} [key] Only for texts that the codec has checked.
   */
  constructor(value, key) {
    if (key === CHECKED) {
      this.text = /** @type {string} */ (value);
      return;
    }
    if (typeof value !== 'string' && typeof value !== 'bigint' && !(value instanceof Decimal)) {
      throw new TypeError(`a Decimal is made from a string or bigint, not from ${typeof value}`);
    }
    const text = String(value);
    const fault = decimalFault(text);
    if (fault !== undefined) throw new RangeError(fault);
    /** @type {string} @readonly */
    this.text = text;
  }

  /**
   * `unscaled` divided by ten `scale` times.
   *
   * @param {bigint} unscaled
   * @param {number} scale Digits behind the point; below zero, zeros are appended.
   */
  static fromUnscaled(unscaled, scale) {
    return new Decimal(decimalText(unscaled, scale));
  }

  /** @param {Decimal | bigint | string} a @param {Decimal | bigint | string} b @returns {number} By value: 1.0 equals 1.00. */
  static compare(a, b) {
    const [left, right] = aligned(decimal(a), decimal(b));
    return left < right ? -1 : left > right ? 1 : 0;
  }

  /** Digits behind the point. */
  get scale() {
    const point = this.text.indexOf('.');
    return point < 0 ? 0 : this.text.length - point - 1;
  }

  /** The number without its point. */
  get unscaled() {
    return BigInt(this.text.replace('.', ''));
  }

  /** @param {Decimal | bigint | string} other Whether it is the same text, scale included. */
  equals(other) {
    return decimal(other).text === this.text;
  }

  /** @param {Decimal | bigint | string} other */
  plus(other) {
    const [left, right, scale] = aligned(this, decimal(other));
    return Decimal.fromUnscaled(left + right, scale);
  }

  /** @param {Decimal | bigint | string} other */
  minus(other) {
    const [left, right, scale] = aligned(this, decimal(other));
    return Decimal.fromUnscaled(left - right, scale);
  }

  /** @param {Decimal | bigint | string} other */
  times(other) {
    const factor = decimal(other);
    return Decimal.fromUnscaled(this.unscaled * factor.unscaled, this.scale + factor.scale);
  }

  /** The nearest number: not exact. */
  toNumber() {
    return Number(this.text);
  }

  toString() {
    return this.text;
  }

  toJSON() {
    return this.text;
  }

  /**
   * Text yes, a number never silently: `a < b` on decimals throws instead of comparing what is not exact.
   *
   * @param {string} hint
   */
  [Symbol.toPrimitive](hint) {
    if (hint === 'number') throw new TypeError('use compare() or toNumber() for a Decimal');
    return this.text;
  }
}

/** @param {bigint} unscaled @param {number} scale */
function decimalText(unscaled, scale) {
  const negative = unscaled < 0n;
  let digits = String(negative ? -unscaled : unscaled);
  if (scale > 0) {
    digits = digits.padStart(scale + 1, '0');
    digits = `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  } else if (scale < 0 && unscaled !== 0n) {
    digits += '0'.repeat(-scale);
  }
  return negative ? '-' + digits : digits;
}

/** @param {Decimal | bigint | string} value */
const decimal = (value) => (value instanceof Decimal ? value : new Decimal(value));

/** @param {Decimal} a @param {Decimal} b @returns {[bigint, bigint, number]} */
function aligned(a, b) {
  const scale = Math.max(a.scale, b.scale);
  return [a.unscaled * 10n ** BigInt(scale - a.scale), b.unscaled * 10n ** BigInt(scale - b.scale), scale];
}

/** A decimal whose text was checked already. @param {string} text */
const trustedDecimal = (text) => new Decimal(text, CHECKED);

module.exports = { Decimal, decimalFault, decimalText, trustedDecimal };
