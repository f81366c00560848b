'use strict';

const { Fault, describe, mismatch } = require('./fault.js');
const { Decimal, decimalFault, trustedDecimal } = require('../values/decimal.js');

/** @typedef {import('./writer.js').Writer} Writer */
/** @typedef {import('./reader.js').Reader} Reader */
/** @typedef {import('./scalars.js').Leaf} Leaf */

/** @param {Writer} w @param {unknown} v */
function lowerDecimal(w, v) {
  if (v instanceof Decimal) {
    w.string(v.text);
    return;
  }
  if (typeof v !== 'string' && typeof v !== 'bigint') throw mismatch('decimal', v);
  const text = String(v);
  const fault = decimalFault(text);
  if (fault !== undefined) throw new Fault(fault);
  w.string(text);
}

/** @param {Reader} r */
function liftDecimal(r) {
  const text = r.string();
  const fault = decimalFault(text);
  if (fault !== undefined) throw new Fault(fault);
  return trustedDecimal(text);
}

const UUID = /^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$/;

/** @param {Writer} w @param {unknown} v */
function lowerUuid(w, v) {
  if (typeof v !== 'string') throw mismatch('uuid', v);
  if (!UUID.test(v)) throw new Fault('not a UUID like 0190163d-8694-739b-aea5-966c26f8ad91');
  const hex = v.replaceAll('-', '');
  // Two halves, each little-endian, so their 32-bit words are swapped too.
  w.u32(parseInt(hex.slice(8, 16), 16));
  w.u32(parseInt(hex.slice(0, 8), 16));
  w.u32(parseInt(hex.slice(24, 32), 16));
  w.u32(parseInt(hex.slice(16, 24), 16));
}

/** @param {Reader} r */
function liftUuid(r) {
  const b = hex32(r.u32());
  const a = hex32(r.u32());
  const d = hex32(r.u32());
  const c = hex32(r.u32());
  return `${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}

/** @param {number} word */
const hex32 = (word) => word.toString(16).padStart(8, '0');

/**
 * An enum: strings as in WIT.
 *
 * @param {string} expected
 * @param {string[]} names
 * @returns {Leaf}
 */
function enumeration(expected, names) {
  const indices = new Map(names.map((name, index) => [name, index]));
  const size = caseSize(names.length);
  return {
    lower(w, v) {
      const index = indices.get(v);
      if (index === undefined) {
        if (typeof v !== 'string') throw mismatch(expected, v);
        throw new Fault(`expected ${expected}, got a string that names none of its cases`);
      }
      writeCase(w, index, size);
    },
    lift(r) {
      return names[readCase(r, names.length, size)];
    },
  };
}

/** Bytes of the index of one of so many cases. @param {number} count */
const caseSize = (count) => (count <= 256 ? 1 : count <= 65536 ? 2 : 4);

/** @param {Writer} w @param {number} index @param {number} size */
function writeCase(w, index, size) {
  if (size === 1) w.u8(index);
  else if (size === 2) w.u16(index);
  else w.u32(index);
}

/** @param {Reader} r @param {number} count @param {number} size */
function readCase(r, count, size) {
  const index = size === 1 ? r.u8() : size === 2 ? r.u16() : r.u32();
  if (index >= count) throw new Fault('no case has this index');
  return index;
}

/**
 * Flags: an object of booleans or an Array of names.
 *
 * @param {string} expected
 * @param {string[]} names As in WIT.
 * @param {string[]} locals The names in JavaScript.
 * @returns {Leaf}
 */
function flags(expected, names, locals) {
  const bits = new Map(names.map((name, index) => [name, index]));
  locals.forEach((local, index) => {
    if (!bits.has(local)) bits.set(local, index);
  });
  const count = names.length;
  const size = count <= 8 ? 1 : count <= 16 ? 2 : 4;

  /** @param {unknown} name */
  const bit = (name) => {
    const index = bits.get(/** @type {string} */ (name));
    if (index === undefined) throw new Fault(`expected ${expected}, which has no flag of this name`);
    return 2 ** index;
  };

  return {
    lower(w, v) {
      let value = 0;
      if (Array.isArray(v)) {
        for (const name of v) {
          if (typeof name !== 'string') throw mismatch('the name of a flag', name);
          value = (value | bit(name)) >>> 0;
        }
      } else if (typeof v === 'object' && v !== null && isPlain(v)) {
        for (const name of Object.keys(v)) {
          const mask = bit(name);
          const on = v[name];
          if (on === true) value = (value | mask) >>> 0;
          else if (on !== false && on !== undefined) {
            throw new Fault(`expected ${expected}, an object of booleans, got ${describe(on)}`);
          }
        }
      } else {
        throw mismatch(expected, v);
      }
      writeCase(w, value, size);
    },
    lift(r) {
      const value = size === 1 ? r.u8() : size === 2 ? r.u16() : r.u32();
      if (count < 32 && value >>> count !== 0) throw new Fault('a bit is set that no flag has');
      /** @type {Record<string, boolean>} */
      const result = {};
      for (let i = 0; i < count; i++) result[locals[i]] = ((value >>> i) & 1) === 1;
      return result;
    },
  };
}

/** Whether an object is one of properties, not of another kind. @param {object} v */
const isPlain = (v) =>
  !(v instanceof Map) && !(v instanceof Set) && !(v instanceof Date) && !ArrayBuffer.isView(v);

/** @type {Record<string, Leaf>} */
const named = {
  decimal: { lower: lowerDecimal, lift: liftDecimal },
  uuid: { lower: lowerUuid, lift: liftUuid },
};

module.exports = { caseSize, enumeration, flags, isPlain, named, readCase, writeCase };
