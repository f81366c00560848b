'use strict';

const { Fault, mismatch, outOfRange } = require('./fault.js');

/** @typedef {import('./writer.js').Writer} Writer */
/** @typedef {import('./reader.js').Reader} Reader */

/** @param {Writer} w @param {unknown} v */
function lowerBool(w, v) {
  if (typeof v !== 'boolean') throw mismatch('bool', v);
  w.u8(v ? 1 : 0);
}

/** @param {Reader} r */
const liftBool = (r) => r.bit('a bool must be 0 or 1');

/**
 * An integer of up to 32 bits.
 *
 * @param {string} name
 * @param {number} least
 * @param {number} most
 * @param {(w: Writer, v: number) => void} write
 */
function lowerInteger(name, least, most, write) {
  return (/** @type {Writer} */ w, /** @type {unknown} */ v) => {
    if (typeof v !== 'number' || !Number.isInteger(v)) throw mismatch(name, v);
    if (v < least || v > most) throw outOfRange(name);
    write(w, v);
  };
}

const lowerU8 = lowerInteger('u8', 0, 255, (w, v) => w.u8(v));
const lowerU16 = lowerInteger('u16', 0, 65535, (w, v) => w.u16(v));
const lowerU32 = lowerInteger('u32', 0, 4294967295, (w, v) => w.u32(v));
const lowerS8 = lowerInteger('s8', -128, 127, (w, v) => w.u8(v));
const lowerS16 = lowerInteger('s16', -32768, 32767, (w, v) => w.u16(v));
const lowerS32 = lowerInteger('s32', -2147483648, 2147483647, (w, v) => w.u32(v));

/** @param {Writer} w @param {unknown} v */
function lowerS64(w, v) {
  if (typeof v === 'bigint') {
    if (BigInt.asIntN(64, v) !== v) throw outOfRange('s64');
    w.big64(v);
  } else if (typeof v === 'number' && Number.isSafeInteger(v)) {
    w.safe64(v);
  } else {
    throw not64('s64', v);
  }
}

/** @param {Writer} w @param {unknown} v */
function lowerU64(w, v) {
  if (typeof v === 'bigint') {
    if (BigInt.asUintN(64, v) !== v) throw outOfRange('u64');
    w.big64(v);
  } else if (typeof v === 'number' && Number.isSafeInteger(v)) {
    if (v < 0) throw outOfRange('u64');
    w.safe64(v);
  } else {
    throw not64('u64', v);
  }
}

/** @param {string} name @param {unknown} v */
function not64(name, v) {
  if (typeof v === 'number' && Number.isInteger(v)) {
    return new Fault(`expected ${name}, got a number beyond the safe integers (use a bigint)`);
  }
  return mismatch(name, v);
}

const LARGEST_F32 = 3.4028234663852886e38;

/** @param {Writer} w @param {unknown} v */
function lowerF32(w, v) {
  if (typeof v !== 'number') throw mismatch('f32', v);
  if (overflowsF32(v)) throw outOfRange('f32');
  w.f32(v);
}

/** Whether a finite value becomes an infinity as an f32. @param {number} v */
const overflowsF32 = (v) =>
  (v > LARGEST_F32 || v < -LARGEST_F32) && Number.isFinite(v) && !Number.isFinite(Math.fround(v));

/** @param {Writer} w @param {unknown} v */
function lowerF64(w, v) {
  if (typeof v !== 'number') throw mismatch('f64', v);
  w.f64(v);
}

/** @param {Writer} w @param {unknown} v */
function lowerChar(w, v) {
  if (typeof v !== 'string') throw mismatch('char', v);
  const point = v.codePointAt(0);
  if (point === undefined || v.length !== (point > 0xffff ? 2 : 1)) {
    throw new Fault('expected char, got a string of another length than one');
  }
  if (point >= 0xd800 && point <= 0xdfff) throw new Fault('expected char, got a lone surrogate');
  w.u32(point);
}

/** @param {Reader} r */
function liftChar(r) {
  const point = r.u32();
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
    throw new Fault('not a Unicode scalar value');
  }
  return String.fromCodePoint(point);
}

/** @param {Writer} w @param {unknown} v */
function lowerString(w, v) {
  if (typeof v !== 'string') throw mismatch('string', v);
  w.string(v);
}

/**
 * Both directions of a kind.
 *
 * @typedef {object} Leaf
 * @property {(w: Writer, v: any) => void} lower
 * @property {(r: Reader) => any} lift
 */

/** @type {Record<string, Leaf>} */
const scalars = {
  bool: { lower: lowerBool, lift: liftBool },
  s8: { lower: lowerS8, lift: (r) => r.s8() },
  s16: { lower: lowerS16, lift: (r) => r.s16() },
  s32: { lower: lowerS32, lift: (r) => r.s32() },
  s64: { lower: lowerS64, lift: (r) => r.s64() },
  u8: { lower: lowerU8, lift: (r) => r.u8() },
  u16: { lower: lowerU16, lift: (r) => r.u16() },
  u32: { lower: lowerU32, lift: (r) => r.u32() },
  u64: { lower: lowerU64, lift: (r) => r.u64() },
  f32: { lower: lowerF32, lift: (r) => r.f32() },
  f64: { lower: lowerF64, lift: (r) => r.f64() },
  char: { lower: lowerChar, lift: liftChar },
  string: { lower: lowerString, lift: (r) => r.string() },
};

module.exports = { scalars };
