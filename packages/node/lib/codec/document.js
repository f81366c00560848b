'use strict';

const cbor = require('./cbor.js');
const {
  Fault,
  at,
  atIndex,
  atKeyPosition,
  describe,
  mismatch,
  outOfOrder,
  presentTwice,
} = require('./fault.js');
const { Decimal } = require('../values/decimal.js');
const { Float } = require('../values/float.js');
const { Reader } = require('./reader.js');
const { DEFAULT_LIMITS, withWriter } = require('./writer.js');

/** @typedef {import('./writer.js').Writer} Writer */

const { MAJOR } = cbor;

/** @param {Writer} w @param {unknown} v */
function lowerDocument(w, v) {
  const start = w.pos;
  w.u32(0);
  writeItem(w, v);
  w.view.setUint32(start, w.pos - start - 4, true);
}

/** @param {Writer} w @param {any} v */
function writeItem(w, v) {
  switch (typeof v) {
    case 'string':
      return writeText(w, v);
    case 'number':
      // Only a Float is a whole float; -0 cannot be an integer.
      if (!Number.isSafeInteger(v) || Object.is(v, -0)) return cbor.writeFloat(w, v);
      return cbor.writeHead(w, v < 0 ? MAJOR.negative : MAJOR.unsigned, v < 0 ? -1 - v : v);
    case 'boolean':
      return w.u8(v ? 0xf5 : 0xf4);
    case 'bigint':
      return cbor.writeInteger(w, v);
    case 'object':
      return v === null ? w.u8(0xf6) : writeObject(w, v);
    default:
      throw mismatch('document', v);
  }
}

/** @param {Writer} w @param {object} v */
function writeObject(w, v) {
  if (Array.isArray(v)) return writeArray(w, v);
  if (v instanceof Decimal) return cbor.writeDecimal(w, v);
  if (v instanceof Float) return cbor.writeFloat(w, v.valueOf());
  if (v instanceof Map) return writeMap(w, [...v]);
  if (ArrayBuffer.isView(v)) {
    if (v instanceof Uint8Array) {
      cbor.writeHead(w, MAJOR.bytes, v.byteLength);
      return w.raw(v);
    }
    throw mismatch('document', v);
  }
  const prototype = Object.getPrototypeOf(v);
  // Objects of other realms have another Object.prototype, which itself has none.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw mismatch('document', v);
  return writeMap(w, Object.entries(v));
}

/** @param {Writer} w @param {unknown[]} v */
function writeArray(w, v) {
  w.enter();
  w.count(v.length);
  cbor.writeHead(w, MAJOR.array, v.length);
  let i = 0;
  try {
    for (; i < v.length; i++) writeItem(w, v[i]);
  } catch (error) {
    throw atIndex(error, i);
  }
  w.leave();
}

/** @param {Writer} w @param {[unknown, unknown][]} entries */
function writeMap(w, entries) {
  w.enter();
  w.count(entries.length);
  cbor.writeHead(w, MAJOR.map, entries.length);
  let isAscii = true;
  for (const [key] of entries) {
    if (typeof key !== 'string') {
      throw new Fault(`the keys of a document's maps are text, got ${describe(key)}`);
    }
    isAscii &&= /^[\x00-\x7f]*$/.test(key);
  }
  sort(/** @type {[string, unknown][]} */ (entries), isAscii);
  let i = 0;
  try {
    for (; i < entries.length; i++) {
      writeText(w, /** @type {string} */ (entries[i][0]));
      writeItem(w, entries[i][1]);
    }
  } catch (error) {
    throw at(error, `[${JSON.stringify(entries[i][0])}]`);
  }
  w.leave();
}

/** By the encoded keys: shorter ones first. @param {[string, unknown][]} entries @param {boolean} isAscii */
function sort(entries, isAscii) {
  if (entries.length < 2) return;
  if (isAscii) {
    entries.sort(([a], [b]) => a.length - b.length || (a < b ? -1 : 1));
    return;
  }
  const bytes = new Map(entries.map(([key]) => [key, Buffer.from(key)]));
  /** @param {string} key @returns {Buffer} */
  const of = (key) => /** @type {Buffer} */ (bytes.get(key));
  entries.sort(([a], [b]) => of(a).length - of(b).length || Buffer.compare(of(a), of(b)));
}

/** @param {Writer} w @param {string} text */
function writeText(w, text) {
  // Most texts are short: their head is one byte, or two.
  const start = w.pos;
  if (text.length < 24) {
    w.need(1);
    w.pos = start + 1;
    w.text(text);
    const length = w.pos - start - 1;
    if (length < 24) {
      w.buf[start] = (MAJOR.text << 5) | length;
      return;
    }
    w.pos = start;
  }
  cbor.writeHead(w, MAJOR.text, Buffer.byteLength(text));
  w.text(text);
}

/** @param {Reader} r */
function liftDocument(r) {
  const length = r.u32();
  r.take(length);
  const end = r.end;
  r.end = r.pos;
  r.pos -= length;
  const value = readItem(r);
  r.finish();
  r.end = end;
  return value;
}

/** @param {Reader} r @returns {unknown} */
function readItem(r) {
  const first = r.u8();
  switch (first) {
    case 0xf4:
      return false;
    case 0xf5:
      return true;
    case 0xf6:
      return null;
    case 0xf9:
    case 0xfa:
    case 0xfb:
      return float(cbor.readFloat(r, first));
  }
  const major = first >>> 5;
  switch (major) {
    case MAJOR.unsigned:
    case MAJOR.negative:
      return cbor.integer(major, cbor.readArgument(r, first));
    case MAJOR.bytes: {
      const length = cbor.readLength(r, first, 1);
      const start = r.take(length);
      return new Uint8Array(r.buf.subarray(start, start + length));
    }
    case MAJOR.text:
      return r.text(cbor.readLength(r, first, 1));
    case MAJOR.array:
      return readArray(r, cbor.readLength(r, first, 1));
    case MAJOR.map:
      return readMap(r, cbor.readLength(r, first, 2));
    case MAJOR.tag:
      if (cbor.readArgument(r, first) === 4) return cbor.readDecimal(r);
  }
  throw cbor.notAllowed();
}

/** A plain number where it stays a float when it is lowered again. @param {number} value */
const float = (value) => (Number.isSafeInteger(value) && !Object.is(value, -0) ? new Float(value) : value);

/** @param {Reader} r @param {number} count */
function readArray(r, count) {
  r.enter();
  r.count(count);
  const items = [];
  try {
    for (let i = 0; i < count; i++) items.push(readItem(r));
  } catch (error) {
    throw atIndex(error, items.length);
  }
  r.leave();
  return items;
}

/** @param {Reader} r @param {number} count */
function readMap(r, count) {
  r.enter();
  r.count(count);
  /** @type {Record<string, unknown>} */
  const result = {};
  let lastStart = 0;
  let lastEnd = 0;
  for (let i = 0; i < count; i++) {
    let start;
    let key;
    try {
      const first = r.u8();
      if (first >>> 5 !== MAJOR.text) throw new Fault("the keys of a document's maps are text");
      const length = cbor.readLength(r, first, 1);
      start = r.pos;
      key = r.text(length);
      if (i > 0) checkOrder(r, lastStart, lastEnd, start);
    } catch (error) {
      throw atKeyPosition(error, i);
    }
    lastStart = start;
    lastEnd = r.pos;
    try {
      put(result, key, readItem(r));
    } catch (error) {
      throw at(error, `[${JSON.stringify(key)}]`);
    }
  }
  r.leave();
  return result;
}

/** That the key just read belongs behind the one before: shorter ones first. @param {Reader} r @param {number} last @param {number} lastEnd @param {number} start */
function checkOrder(r, last, lastEnd, start) {
  const order = lastEnd - last - (r.pos - start) || r.buf.compare(r.buf, start, r.pos, last, lastEnd);
  if (order === 0) throw presentTwice();
  if (order > 0) throw outOfOrder();
}

/** @param {Record<string, unknown>} object @param {string} key @param {unknown} value */
function put(object, key, value) {
  // Assigning would set the prototype.
  if (key === '__proto__') {
    Object.defineProperty(object, key, {
      value,
      configurable: true,
      enumerable: true,
      writable: true,
    });
  } else {
    object[key] = value;
  }
}

/** A document by itself, as the details of an error are: its CBOR. @param {unknown} value @returns {Uint8Array} */
function encodeDocument(value) {
  return withWriter(DEFAULT_LIMITS, (w) => {
    writeItem(w, value);
    return new Uint8Array(w.bytes());
  });
}

/** @param {Buffer} bytes @returns {unknown} Nothing if it is no document. */
function decodeDocument(bytes) {
  const reader = new Reader();
  try {
    reader.start(bytes, 0, bytes.length, DEFAULT_LIMITS);
    const value = readItem(reader);
    reader.finish();
    return value;
  } catch {
    return undefined;
  }
}

/** @type {import('./scalars.js').Leaf} */
const document = { lower: lowerDocument, lift: liftDocument };

module.exports = { decodeDocument, document, encodeDocument };
