'use strict';

const { isDate, isMap, isSet } = require('node:util').types;

const { describe } = require('./codec/fault.js');
const { Decimal } = require('./values/decimal.js');
const { Duration } = require('./values/duration.js');
const { Float } = require('./values/float.js');
const { formatRfc3339 } = require('./values/text.js');
const { Timestamp, ZonedTimestamp } = require('./values/timestamp.js');

/** @typedef {import('./codec/types.js').Type} Type */

/**
 * The JSON mapping of a value of a known type: kebab-case names, base64, texts for what JSON has no word for.
 *
 * @param {Type[]} types
 * @param {number} index
 * @param {any} value As it is lifted.
 * @returns {any}
 */
function typedJson(types, index, value) {
  const { def, kind, isBoxed } = types[index];
  /** @param {number | null | undefined} type @param {any} inner */
  const of = (type, inner) => (type == null ? null : typedJson(types, type, inner));
  switch (kind) {
    case 'list':
    case 'fixed-list':
      return ArrayBuffer.isView(value)
        ? plainJson(value)
        : value.map((/** @type {any} */ item) => of(def.element, item));
    case 'tuple':
      return value.map((/** @type {any} */ item, /** @type {number} */ i) => of(def.elements?.[i], item));
    case 'set':
      return [...value].map((item) => of(def.element, item));
    case 'map': {
      const entries = [...value].map(([key, item]) => [of(def.key, key), of(def.value, item)]);
      return types[Number(def.key)].kind === 'string' ? objectOf(entries) : entries;
    }
    case 'record':
      return objectOf((def.fields ?? []).map((f) => [f.name, of(f.type, value[f.local ?? f.name])]));
    case 'flags':
      return (def.flags ?? []).filter((f) => value[f.local ?? f.name]).map((f) => f.name);
    case 'variant': {
      const payload = (def.cases ?? []).find((c) => c.name === value.tag)?.type;
      return payload === undefined ? { tag: value.tag } : { tag: value.tag, val: of(payload, value.val) };
    }
    case 'result':
      return { [value.tag]: of(value.tag === 'ok' ? def.ok : def.err, value.val) };
    case 'option': {
      if (value === undefined || value === null) return null;
      const payload = Number(def.payload);
      return types[payload].isBoxed ? { some: of(payload, value.some) } : of(payload, value);
    }
    case 'document':
      return plainJson(value);
    default:
      void isBoxed;
      return plainJson(value);
  }
}

/**
 * The JSON mapping of a value whose type is not known: names become kebab-case, undefined becomes null, an object stays an
 * object. Flags, whose object of booleans cannot be told from a record, stay an object, and a result keeps its tag.
 *
 * @param {any} value
 * @returns {any}
 */
function plainJson(value) {
  switch (typeof value) {
    case 'undefined':
      return null;
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      return value === null ? null : objectJson(value);
    case 'string':
    case 'boolean':
      return value;
    default:
      throw new TypeError(`a ${describe(value)} has no place in JSON`);
  }
}

/** @param {any} value @returns {any} */
function objectJson(value) {
  if (Array.isArray(value)) return value.map(plainJson);
  if (ArrayBuffer.isView(value)) return viewJson(/** @type {any} */ (value));
  if (value instanceof Timestamp || isDate(value)) return timestampJson(value);
  if (value instanceof ZonedTimestamp || value instanceof Duration || value instanceof Decimal) {
    return value.toString();
  }
  if (value instanceof Float) return value.valueOf();
  if (isSet(value)) return [...value].map(plainJson);
  if (isMap(value)) {
    const entries = [...value].map(([key, item]) => [plainJson(key), plainJson(item)]);
    const hasTextKeys = [...value.keys()].every((key) => typeof key === 'string');
    return hasTextKeys ? objectOf(entries) : entries;
  }
  if (typeof value.epochNanoseconds === 'bigint') {
    return timestampJson(new Timestamp(/** @type {bigint} */ (value.epochNanoseconds)));
  }
  return objectOf(Object.entries(value).map(([key, item]) => [key, plainJson(item)]));
}

/** @param {Date} date */
function timestampJson(date) {
  const exact = date instanceof Timestamp ? date : new Timestamp(date);
  return formatRfc3339(exact.epochSeconds, exact.nanoseconds, 0);
}

/** Bytes are base64, other typed arrays lists. @param {any} view */
function viewJson(view) {
  if (view instanceof Float32Array) return [...view].map((item, i) => floatJson(item, bits32(view, i)));
  if (view instanceof Float64Array) return [...view].map((item, i) => floatJson(item, bits64(view, i)));
  if (view instanceof Uint8Array || view instanceof DataView) {
    return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('base64');
  }
  return Array.from(/** @type {Iterable<any>} */ (view), plainJson);
}

/** A NaN that is not the canonical one has its bits. @param {number} item @param {string} bits */
const floatJson = (item, bits) =>
  item !== item && bits !== '7fc00000' && bits !== '7ff8000000000000' ? `NaN:0x${bits}` : plainJson(item);

/** @param {Float32Array} view @param {number} i */
const bits32 = (view, i) =>
  new DataView(view.buffer, view.byteOffset)
    .getUint32(i * 4, true)
    .toString(16)
    .padStart(8, '0');

/** @param {Float64Array} view @param {number} i */
const bits64 = (view, i) =>
  new DataView(view.buffer, view.byteOffset)
    .getBigUint64(i * 8, true)
    .toString(16)
    .padStart(16, '0');

/** An object of these members, also of one named `__proto__`. @param {any[][]} entries @returns {Record<string, any>} */
const objectOf = (entries) => Object.fromEntries(entries);

module.exports = { plainJson, typedJson };
