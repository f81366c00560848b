'use strict';

/**
 * A failed conversion: what is wrong, and the path to it, put together on the way out so that success pays nothing.
 */
class Fault extends Error {
  /**
   * @param {string} reason What is wrong.
   * @param {'invalid-argument' | 'resource-exhausted' | 'unimplemented'} [code]
   */
  constructor(reason, code = 'invalid-argument') {
    super(reason);
    this.code = code;
    /** Steps from the outermost to the place, each as it is printed. */
    this.path = '';
  }
}

/**
 * The same failure seen from one step further out. Whatever else was thrown (by a getter) passes unchanged.
 *
 * @param {unknown} error
 * @param {string} step As it is printed: `.name`, `[3]`.
 * @returns {unknown} What to throw.
 */
function at(error, step) {
  if (error instanceof Fault) error.path = step + error.path;
  return error;
}

/** @param {unknown} error @param {number} index */
const atIndex = (error, index) => at(error, `[${index}]`);

/** @param {unknown} error @param {unknown} key The key of a map's entry. */
const atKey = (error, key) => at(error, `[${keyText(key)}]`);

/** @param {unknown} error @param {number} position */
const atKeyPosition = (error, position) => at(error, `[key ${position}]`);

/** @param {unknown} key */
function keyText(key) {
  if (typeof key === 'bigint') {
    return Number.isSafeInteger(Number(key)) ? String(key) : `"${key}"`;
  }
  return JSON.stringify(key);
}

const truncated = () => new Fault('the message ends inside this value');
const badLength = () => new Fault('the length is past the end of the message');
const tooManyElements = () =>
  new Fault('the message has more elements than the limit allows', 'resource-exhausted');
const tooDeep = () => new Fault('nested deeper than the limit allows', 'resource-exhausted');
const tooLarge = () => new Fault('the message is larger than the limit allows', 'resource-exhausted');
const outOfOrder = () => new Fault('out of order');
const presentTwice = () => new Fault('present twice');

/**
 * What a value is, for messages: the name of its type, never the value.
 *
 * @param {unknown} value
 */
function describe(value) {
  if (value === null) return 'null';
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return 'NaN';
    if (!Number.isFinite(value)) return 'an infinity';
    return Number.isInteger(value) ? 'number' : 'a number with a fraction';
  }
  if (typeof value !== 'object') return typeof value;
  if (Array.isArray(value)) return 'Array';
  try {
    const name = value.constructor?.name;
    if (typeof name === 'string' && name !== '' && name !== 'Object') return name;
  } catch {
    // A getter or proxy that throws has no better name.
  }
  return 'object';
}

/** @param {string} expected @param {unknown} value */
const mismatch = (expected, value) => new Fault(`expected ${expected}, got ${describe(value)}`);

/** @param {string} expected */
const outOfRange = (expected) => new Fault(`expected ${expected}, got a number out of its range`);

module.exports = {
  Fault,
  at,
  atIndex,
  atKey,
  atKeyPosition,
  badLength,
  describe,
  mismatch,
  outOfOrder,
  outOfRange,
  presentTwice,
  tooDeep,
  tooLarge,
  tooManyElements,
  truncated,
};
