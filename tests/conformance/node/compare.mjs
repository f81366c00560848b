// Exact equality: `deepStrictEqual` does not see the nanoseconds of a Timestamp.
import { isDeepStrictEqual } from 'node:util';

import { Timestamp, ZonedTimestamp } from './ffi.mjs';

/** @param {any} value What the comparison does not see is made visible. @returns {any} */
function visible(value) {
  if (value instanceof Timestamp) return { timestamp: value.epochNanoseconds };
  if (value instanceof ZonedTimestamp)
    return { timestamp: value.instant.epochNanoseconds, offset: value.offset };
  if (Array.isArray(value)) return value.map(visible);
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, visible(item)]));
  }
  return value;
}

/** @param {unknown} a @param {unknown} b */
export const isEqual = (a, b) => isDeepStrictEqual(visible(a), visible(b));
