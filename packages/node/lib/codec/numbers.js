'use strict';

const { isAnyArrayBuffer } = require('node:util').types;

const { badLength, Fault, mismatch } = require('./fault.js');
const { scalars } = require('./scalars.js');

/** @typedef {import('./writer.js').Writer} Writer */
/** @typedef {import('./reader.js').Reader} Reader */
/** @typedef {import('./scalars.js').Leaf} Leaf */

/**
 * Kinds whose lists are packed: size of an element and the typed array that holds them.
 *
 * @type {Record<string, { size: number, array: any }>}
 */
const NUMERIC = {
  s8: { size: 1, array: Int8Array },
  s16: { size: 2, array: Int16Array },
  s32: { size: 4, array: Int32Array },
  s64: { size: 8, array: BigInt64Array },
  u8: { size: 1, array: Uint8Array },
  u16: { size: 2, array: Uint16Array },
  u32: { size: 4, array: Uint32Array },
  u64: { size: 8, array: BigUint64Array },
  f32: { size: 4, array: Float32Array },
  f64: { size: 8, array: Float64Array },
};

/**
 * A list of numbers: a typed array, copied as bytes so that the bits of NaN are kept, or an Array.
 *
 * @param {string} kind Of the elements.
 * @param {string} expected What messages call the list.
 * @param {number} [fixed] The length, if the type has one.
 * @returns {Leaf}
 */
function numbers(kind, expected, fixed) {
  const { size, array } = NUMERIC[kind];
  const element = scalars[kind].lower;

  /** @param {Writer} w @param {number} count */
  const begin = (w, count) => {
    w.count(1);
    if (fixed === undefined) w.u32(count);
    else if (count !== fixed) throw wrongLength(fixed, count);
    if (count !== 0 && size !== 1) w.align(size);
  };

  return {
    lower(w, v) {
      if (Array.isArray(v)) {
        begin(w, v.length);
        w.room(v.length * size);
        let i = 0;
        try {
          for (; i < v.length; i++) element(w, v[i]);
        } catch (error) {
          if (error instanceof Fault) error.path = `[${i}]${error.path}`;
          throw error;
        }
        return;
      }
      if (kind === 'u8' && isAnyArrayBuffer(v)) {
        begin(w, v.byteLength);
        w.raw(new Uint8Array(v));
        return;
      }
      if (!(v instanceof array) && !isView(v, kind, array.name)) throw mismatch(expected, v);
      begin(w, kind === 'u8' ? v.byteLength : v.length);
      w.raw(v instanceof Uint8Array ? v : new Uint8Array(v.buffer, v.byteOffset, v.byteLength));
    },

    lift(r) {
      const count = fixed === undefined ? r.u32() : fixed;
      const bytes = count * size;
      if (bytes > r.end - r.pos) throw badLength();
      r.count(1);
      if (count !== 0 && size !== 1) r.align(size);
      const start = r.take(bytes);
      if (kind === 'u8') return r.bytes.slice(start, start + bytes);
      const result = new array(count);
      if (bytes !== 0) {
        const target = new Uint8Array(result.buffer);
        if (bytes < 64) for (let i = 0; i < bytes; i++) target[i] = r.buf[start + i];
        else target.set(r.buf.subarray(start, start + bytes));
      }
      return result;
    },
  };
}

/**
 * Whether it is a view that `list<u8>` takes (any), or the typed array of the kind from another realm.
 *
 * @param {unknown} v
 * @param {string} kind
 * @param {string} name
 */
function isView(v, kind, name) {
  if (!ArrayBuffer.isView(v)) return false;
  return kind === 'u8' || /** @type {any} */ (v)[Symbol.toStringTag] === name;
}

/** @param {number} expected @param {number} got */
const wrongLength = (expected, got) => new Fault(`expected ${expected} elements, got ${got}`);

module.exports = { NUMERIC, numbers, wrongLength };
