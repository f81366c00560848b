'use strict';

const { Fault, badLength } = require('./fault.js');
const { decimalFault, decimalText, trustedDecimal } = require('../values/decimal.js');

/**
 * The CBOR heads, floats and decimals of documents in core deterministic encoding (RFC 8949, section 4.2.1).
 *
 * @typedef {import('./writer.js').Writer} Writer
 * @typedef {import('./reader.js').Reader} Reader
 * @typedef {import('../values/decimal.js').Decimal} Decimal
 */

const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 };

/** Digits of 4096 nines take so many bytes. */
const MAX_MANTISSA = 1701;
const MAX_EXPONENT = 4096n;
const LARGEST = (1n << 64n) - 1n;

/** A head whose argument is a safe integer. @param {Writer} w @param {number} major @param {number} argument */
function writeHead(w, major, argument) {
  const first = major << 5;
  w.need(9);
  if (argument < 24) {
    w.buf[w.pos++] = first | argument;
  } else if (argument < 0x100) {
    w.buf[w.pos] = first | 24;
    w.buf[w.pos + 1] = argument;
    w.pos += 2;
  } else if (argument < 0x10000) {
    w.buf[w.pos] = first | 25;
    w.view.setUint16(w.pos + 1, argument);
    w.pos += 3;
  } else if (argument < 0x100000000) {
    w.buf[w.pos] = first | 26;
    w.view.setUint32(w.pos + 1, argument);
    w.pos += 5;
  } else {
    writeLongHead(w, major, BigInt(argument));
  }
}

/** @param {Writer} w @param {number} major @param {bigint} argument At least 2^32. */
function writeLongHead(w, major, argument) {
  w.need(9);
  w.buf[w.pos] = (major << 5) | 27;
  w.view.setBigUint64(w.pos + 1, argument);
  w.pos += 9;
}

/** An integer of any size that a document allows. @param {Writer} w @param {bigint} value */
function writeInteger(w, value) {
  const major = value < 0n ? MAJOR.negative : MAJOR.unsigned;
  const argument = value < 0n ? -1n - value : value;
  if (argument > LARGEST) throw new Fault('an integer of a document is -2^64 to 2^64 - 1');
  if (argument < 0x100000000n) writeHead(w, major, Number(argument));
  else writeLongHead(w, major, argument);
}

/** @param {Writer} w @param {number} value */
function writeFloat(w, value) {
  w.need(9);
  const { buf, view, pos } = w;
  if (value !== value) {
    buf[pos] = 0xf9;
    view.setUint16(pos + 1, 0x7e00);
    w.pos += 3;
  } else if (Math.fround(value) !== value) {
    buf[pos] = 0xfb;
    view.setFloat64(pos + 1, value);
    w.pos += 9;
  } else {
    const half = toHalf(value);
    if (half === undefined) {
      buf[pos] = 0xfa;
      view.setFloat32(pos + 1, value);
      w.pos += 5;
    } else {
      buf[pos] = 0xf9;
      view.setUint16(pos + 1, half);
      w.pos += 3;
    }
  }
}

const scratch = new DataView(new ArrayBuffer(8));

/** The half float equal to an f32, if there is one. @param {number} value */
function toHalf(value) {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127;
  const fraction = bits & 0x7fffff;
  if (exponent === -127 && fraction === 0) return sign;
  if (exponent === 128) return fraction === 0 ? sign | 0x7c00 : undefined;
  if (exponent >= -14 && exponent <= 15) {
    return (fraction & 0x1fff) === 0 ? sign | ((exponent + 15) << 10) | (fraction >>> 13) : undefined;
  }
  if (exponent >= -24 && exponent < -14) {
    const significand = fraction | 0x800000;
    const shift = -(exponent + 1);
    return (significand & ((1 << shift) - 1)) === 0 ? sign | (significand >>> shift) : undefined;
  }
  return undefined;
}

/** @param {number} bits */
function fromHalf(bits) {
  const fraction = bits & 0x3ff;
  const exponent = (bits >>> 10) & 0x1f;
  let magnitude;
  if (exponent === 0) magnitude = fraction * 2 ** -24;
  else if (exponent === 31) magnitude = fraction === 0 ? Infinity : NaN;
  else magnitude = (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -magnitude : magnitude;
}

/** @param {Writer} w @param {Decimal} value */
function writeDecimal(w, value) {
  writeHead(w, MAJOR.tag, 4);
  writeHead(w, MAJOR.array, 2);
  writeInteger(w, BigInt(-value.scale));
  const unscaled = value.unscaled;
  const magnitude = unscaled < 0n ? -1n - unscaled : unscaled;
  if (magnitude <= LARGEST) {
    writeInteger(w, unscaled);
    return;
  }
  writeHead(w, MAJOR.tag, unscaled < 0n ? 3 : 2);
  const hex = magnitude.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : '0' + hex, 'hex');
  writeHead(w, MAJOR.bytes, bytes.length);
  w.raw(bytes);
}

const notAllowed = () => new Fault('a document does not allow this CBOR item');
const notShortest = () => new Fault("a document's lengths and numbers take their shortest form");
const notADecimal = () =>
  new Fault("a document's decimal is tag 4 with an exponent -4096 to 4096 and a mantissa");

/**
 * The argument of a head, whose first byte was read: a number while that is exact, else a bigint.
 *
 * @param {Reader} r
 * @param {number} first
 * @returns {number | bigint}
 */
function readArgument(r, first) {
  const short = first & 0x1f;
  if (short < 24) return short;
  if (short > 27) throw notAllowed();
  let argument;
  let least;
  if (short === 24) {
    argument = r.u8();
    least = 24;
  } else if (short === 25) {
    argument = swap16(r.u16());
    least = 0x100;
  } else if (short === 26) {
    argument = swap32(r.u32());
    least = 0x10000;
  } else {
    const high = swap32(r.u32());
    const low = swap32(r.u32());
    if (high === 0) throw notShortest();
    return high < 0x200000 ? high * 0x100000000 + low : (BigInt(high) << 32n) | BigInt(low);
  }
  if (argument < least) throw notShortest();
  return argument;
}

/** @param {number} value */
const swap16 = (value) => ((value & 0xff) << 8) | (value >>> 8);

/** @param {number} value */
const swap32 = (value) =>
  (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;

/** A length or count. @param {Reader} r @param {number} first @param {number} smallest Bytes of an element. */
function readLength(r, first, smallest) {
  const argument = readArgument(r, first);
  const length = Number(argument);
  if (length * smallest > r.end - r.pos) throw badLength();
  return length;
}

/** A float, whose first byte was read. @param {Reader} r @param {number} first */
function readFloat(r, first) {
  let value;
  if (first === 0xf9) {
    const bits = swap16(r.u16());
    value = fromHalf(bits);
    if (value !== value && bits !== 0x7e00) throw new Fault('a NaN must be the canonical one');
    return value;
  }
  if (first === 0xfa) {
    scratch.setUint32(0, swap32(r.u32()));
    value = scratch.getFloat32(0);
  } else {
    scratch.setUint32(0, swap32(r.u32()));
    scratch.setUint32(4, swap32(r.u32()));
    value = scratch.getFloat64(0);
  }
  if (value !== value) throw new Fault('a NaN must be the canonical one');
  const single = Math.fround(value) === value;
  if (first === 0xfb ? single : toHalf(value) !== undefined) throw notShortest();
  return value;
}

/** An integer, as a number where that is exact. @param {number} major @param {number | bigint} argument */
function integer(major, argument) {
  if (major === MAJOR.unsigned) return argument;
  if (typeof argument === 'number' && argument < Number.MAX_SAFE_INTEGER) return -1 - argument;
  return -1n - BigInt(argument);
}

/** What follows tag 4. @param {Reader} r */
function readDecimal(r) {
  if (r.u8() !== 0x82) throw notADecimal();
  const exponent = BigInt(readInteger(r));
  if (exponent < -MAX_EXPONENT || exponent > MAX_EXPONENT) throw notADecimal();
  const first = r.u8();
  let mantissa;
  if (first === 0xc2 || first === 0xc3) {
    const magnitude = readBignum(r);
    mantissa = first === 0xc3 ? -1n - magnitude : magnitude;
  } else if (first >>> 5 === MAJOR.unsigned || first >>> 5 === MAJOR.negative) {
    mantissa = BigInt(integer(first >>> 5, readArgument(r, first)));
  } else {
    throw notADecimal();
  }
  const text = decimalText(mantissa, -Number(exponent));
  const fault = decimalFault(text);
  if (fault !== undefined) throw new Fault(fault);
  return trustedDecimal(text);
}

/** @param {Reader} r */
function readInteger(r) {
  const first = r.u8();
  const major = first >>> 5;
  if (major !== MAJOR.unsigned && major !== MAJOR.negative) throw notADecimal();
  return integer(major, readArgument(r, first));
}

/** @param {Reader} r */
function readBignum(r) {
  const first = r.u8();
  if (first >>> 5 !== MAJOR.bytes) throw notADecimal();
  const length = readLength(r, first, 1);
  const start = r.take(length);
  if (length <= 8 || r.buf[start] === 0) throw notShortest();
  if (length > MAX_MANTISSA) throw new Fault('a decimal has at most 4096 bytes');
  return BigInt('0x' + r.buf.subarray(start, start + length).toString('hex'));
}

module.exports = {
  MAJOR,
  integer,
  notAllowed,
  readArgument,
  readDecimal,
  readFloat,
  readLength,
  writeDecimal,
  writeFloat,
  writeHead,
  writeInteger,
};
