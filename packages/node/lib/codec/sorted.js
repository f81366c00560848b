'use strict';

const { atIndex, atKey, atKeyPosition, mismatch, outOfOrder, presentTwice } = require('./fault.js');
const { isMap, isSet } = require('node:util').types;

/** @typedef {import('./writer.js').Writer} Writer */
/** @typedef {import('./reader.js').Reader} Reader */
/** @typedef {import('./types.js').Type} Type */
/** @typedef {(w: Writer, v: any) => void} Lower */
/** @typedef {(r: Reader) => any} Lift */

/**
 * Writes the keys one after the other, and finds the order in which they belong.
 *
 * @param {Writer} w
 * @param {any[]} keys
 * @param {Lower} lower
 * @param {(error: unknown, position: number) => unknown} at
 * @returns {{ bytes: Uint8Array, ends: number[], order: number[] | undefined }} The encodings; no order if they are
 *   sorted as they are, in which case they are left in the writer.
 */
function writeKeys(w, keys, lower, at) {
  const first = w.pos;
  const ends = new Array(keys.length);
  let isSorted = true;
  let start = first;
  let last = first;
  let i = 0;
  try {
    for (; i < keys.length; i++) {
      lower(w, keys[i]);
      ends[i] = w.pos - first;
      if (i > 0 && isSorted) isSorted = compare(w.buf, last, start, start, w.pos) < 0;
      last = start;
      start = w.pos;
    }
  } catch (error) {
    throw at(error, i);
  }
  if (isSorted) return { bytes: w.buf, ends, order: undefined };
  const bytes = w.buf.subarray(first, w.pos);
  const begin = (/** @type {number} */ index) => (index === 0 ? 0 : ends[index - 1]);
  const order = keys.map((_, index) => index);
  order.sort((a, b) => compare(bytes, begin(a), ends[a], begin(b), ends[b]));
  for (let n = 1; n < order.length; n++) {
    const [a, b] = [order[n - 1], order[n]];
    if (compare(bytes, begin(a), ends[a], begin(b), ends[b]) === 0) {
      throw at(presentTwice(), Math.max(a, b));
    }
  }
  // A copy: the buffer's own slice would be a view.
  return { bytes: new Uint8Array(bytes), ends, order };
}

/**
 * As `memcmp`; a prefix comes first.
 *
 * @param {Uint8Array} bytes
 * @param {number} a
 * @param {number} aEnd
 * @param {number} b
 * @param {number} bEnd
 */
function compare(bytes, a, aEnd, b, bEnd) {
  while (a < aEnd && b < bEnd) {
    const difference = bytes[a++] - bytes[b++];
    if (difference !== 0) return difference;
  }
  return aEnd - a - (bEnd - b);
}

/**
 * @param {Writer} w
 * @param {any} v A Set or an Array.
 * @param {Type} type
 * @param {Lower} lower
 */
function lowerSet(w, v, type, lower) {
  let keys;
  if (Array.isArray(v)) keys = v;
  else if (isSet(v)) keys = [...v];
  else throw mismatch(type.expected, v);
  w.length(keys.length);
  const first = w.pos;
  const { bytes, ends, order } = writeKeys(w, keys, lower, atIndex);
  if (order === undefined) return;
  w.pos = first;
  for (const index of order) {
    w.raw(bytes.subarray(index === 0 ? 0 : ends[index - 1], ends[index]));
  }
}

/** @param {Reader} r @param {number} smallest @param {Lift} lift @returns {Set<any>} */
function liftSet(r, smallest, lift) {
  const count = r.length(smallest);
  const result = new Set();
  let last = r.pos;
  let i = 0;
  try {
    for (; i < count; i++) {
      const start = r.pos;
      const key = lift(r);
      if (i > 0) checkOrder(r, last, start, start);
      last = start;
      result.add(key);
    }
  } catch (error) {
    throw atIndex(error, i);
  }
  return result;
}

/** That what was just read belongs behind the one before. @param {Reader} r @param {number} last @param {number} lastEnd @param {number} start */
function checkOrder(r, last, lastEnd, start) {
  const order = compare(r.buf, last, lastEnd, start, r.pos);
  if (order === 0) throw presentTwice();
  if (order > 0) throw outOfOrder();
}

/**
 * @param {Writer} w
 * @param {any} v A Map, or an object where the keys are strings.
 * @param {Type} type
 * @param {boolean} hasStringKeys
 * @param {Lower} lowerKey
 * @param {Lower} lowerValue
 */
function lowerMap(w, v, type, hasStringKeys, lowerKey, lowerValue) {
  let keys;
  let values;
  if (isMap(v)) {
    keys = [...v.keys()];
    values = [...v.values()];
  } else if (hasStringKeys && isRecord(v)) {
    keys = Object.keys(v);
    values = keys.map((key) => v[key]);
  } else {
    throw mismatch(type.expected, v);
  }
  w.length(keys.length);
  if (keys.length <= FEW) {
    const { pos, elements, depth } = w;
    if (hasStringKeys && keys.every(isText)) sortTexts(keys, values);
    if (lowerInOrder(w, keys, values, lowerKey, lowerValue)) return;
    w.pos = pos;
    w.elements = elements;
    w.depth = depth;
  }
  const first = w.pos;
  const { bytes, ends, order } = writeKeys(w, keys, lowerKey, atKeyPosition);
  // The values go between the keys, so the keys are written again.
  const encoded = order === undefined ? new Uint8Array(bytes.subarray(first, w.pos)) : bytes;
  w.pos = first;
  for (let n = 0; n < keys.length; n++) {
    const index = order === undefined ? n : order[n];
    const begin = index === 0 ? 0 : ends[index - 1];
    writeShort(w, encoded, begin, ends[index]);
    try {
      lowerValue(w, values[index]);
    } catch (error) {
      throw atKey(error, keys[index]);
    }
  }
}

/** Up to so many entries are sorted here and written in one go. */
const FEW = 16;

/**
 * Sorts texts as their encodings are sorted, if these are ASCII and short: by length, which comes first, then by characters.
 *
 * @param {any[]} keys
 * @param {any[]} values Go with their keys.
 */
function sortTexts(keys, values) {
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i];
    const value = values[i];
    let at = i;
    for (; at > 0 && isBefore(key, keys[at - 1]); at--) {
      keys[at] = keys[at - 1];
      values[at] = values[at - 1];
    }
    keys[at] = key;
    values[at] = value;
  }
}

/** @param {unknown} key */
const isText = (key) => typeof key === 'string';

/** @param {any} a @param {any} b */
const isBefore = (a, b) => (a.length === b.length ? a < b : a.length < b.length);

/**
 * Writes entries as they come. False if their keys turn out not to be in order.
 *
 * @param {Writer} w
 * @param {any[]} keys
 * @param {any[]} values
 * @param {Lower} lowerKey
 * @param {Lower} lowerValue
 */
function lowerInOrder(w, keys, values, lowerKey, lowerValue) {
  let last = w.pos;
  let lastEnd = w.pos;
  for (let i = 0; i < keys.length; i++) {
    const start = w.pos;
    try {
      lowerKey(w, keys[i]);
    } catch (error) {
      throw atKeyPosition(error, i);
    }
    if (i > 0 && compare(w.buf, last, lastEnd, start, w.pos) >= 0) return false;
    last = start;
    lastEnd = w.pos;
    try {
      lowerValue(w, values[i]);
    } catch (error) {
      throw atKey(error, keys[i]);
    }
  }
  return true;
}

/** Copies a key's bytes; most are too few for a native call. @param {Writer} w @param {Uint8Array} bytes @param {number} start @param {number} end */
function writeShort(w, bytes, start, end) {
  const count = end - start;
  if (count > 64) {
    w.raw(bytes.subarray(start, end));
    return;
  }
  w.need(count);
  const { buf, pos } = w;
  for (let i = 0; i < count; i++) buf[pos + i] = bytes[start + i];
  w.pos = pos + count;
}

/** @param {unknown} v */
const isRecord = (v) =>
  typeof v === 'object' &&
  v !== null &&
  !Array.isArray(v) &&
  !isSet(v) &&
  !(v instanceof Date) &&
  !ArrayBuffer.isView(v);

/** @param {Reader} r @param {number} smallest @param {Lift} liftKey @param {Lift} liftValue @returns {Map<any, any>} */
function liftMap(r, smallest, liftKey, liftValue) {
  const count = r.length(smallest);
  const result = new Map();
  let last = r.pos;
  let lastEnd = r.pos;
  for (let i = 0; i < count; i++) {
    const start = r.pos;
    let key;
    try {
      key = liftKey(r);
      if (i > 0) checkOrder(r, last, lastEnd, start);
    } catch (error) {
      throw atKeyPosition(error, i);
    }
    last = start;
    lastEnd = r.pos;
    try {
      result.set(key, liftValue(r));
    } catch (error) {
      throw atKey(error, key);
    }
  }
  return result;
}

module.exports = { liftMap, liftSet, lowerMap, lowerSet };
