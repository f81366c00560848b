'use strict';

const { classes } = require('./errors.js');

/**
 * Options of connecting and serving that win over the environment.
 *
 * @typedef {object} Settings
 * @property {string} [runtimeDir]
 * @property {'auto' | 'shm' | 'socket'} [transport]
 * @property {number | null} [timeout] Milliseconds until calls fail unless they say otherwise; null or Infinity for no deadline.
 * @property {number} [maxMessage] Bytes.
 * @property {number} [maxDepth]
 * @property {number} [maxElements]
 * @property {number} [maxCalls]
 * @property {number} [retries] Further attempts; 0 for none.
 * @property {number[]} [trustedUsers] User ids.
 *
 * @typedef {object} CallOptions
 * @property {number | null} [timeout] Milliseconds; null or Infinity for no deadline.
 * @property {AbortSignal} [signal]
 * @property {string} [idempotencyKey]
 * @property {string} [traceparent]
 */

/** For the addon: milliseconds, NaN for the default, below zero for no deadline. @param {unknown} timeout */
function timeoutNumber(timeout) {
  if (timeout === undefined) return NaN;
  if (timeout === null || timeout === Infinity) return -1;
  if (typeof timeout === 'number' && timeout >= 0) return timeout;
  throw new classes.InvalidArgument('timeout: expected milliseconds, or null or Infinity for no deadline');
}

/** @type {(keyof Settings)[]} */
const NUMBERS = ['maxMessage', 'maxDepth', 'maxElements', 'maxCalls'];

/** Settings as the addon takes them. @param {Settings} options @returns {string} */
function overrides(options) {
  for (const key of NUMBERS) {
    const value = options[key];
    if (value !== undefined && !(Number.isSafeInteger(value) && /** @type {number} */ (value) > 0)) {
      throw new classes.InvalidArgument(`${key}: expected a positive whole number`);
    }
  }
  const { runtimeDir, transport, maxMessage, maxDepth, maxElements, maxCalls, retries, trustedUsers } =
    options;
  if (retries !== undefined && !(Number.isSafeInteger(retries) && retries >= 0)) {
    throw new classes.InvalidArgument('retries: expected a whole number');
  }
  const timeout = options.timeout === undefined ? undefined : timeoutNumber(options.timeout);
  return JSON.stringify({
    ...{ runtimeDir, transport, timeout, maxMessage, maxDepth, maxElements, maxCalls, retries, trustedUsers },
  });
}

/** Of the addon: largest message, depth, elements. @param {number[]} limits @returns {import('./codec/writer.js').Limits} */
const limitsOf = ([maxMessage, maxDepth, maxElements]) => ({ maxMessage, maxDepth, maxElements });

const CALL_OPTIONS = new Set(['timeout', 'signal', 'idempotencyKey', 'traceparent']);

/**
 * What stands behind the last argument of a call.
 *
 * @param {unknown} options
 * @param {string} name Of the function.
 * @param {number} count Of its parameters.
 * @returns {CallOptions}
 */
function callOptions(options, name, count) {
  const isObject = typeof options === 'object' && options !== null;
  const unknown = isObject ? Object.keys(options).find((key) => !CALL_OPTIONS.has(key)) : undefined;
  if (!isObject || unknown !== undefined) {
    const what = unknown === undefined ? '' : `; there is no option ${JSON.stringify(unknown.slice(0, 100))}`;
    throw new classes.InvalidArgument(
      `${name}: expected ${count} arguments and an object of options (${[...CALL_OPTIONS].join(', ')})${what}`,
    );
  }
  return options;
}

/** What few calls have, as JSON; empty if there is nothing. @param {CallOptions} options */
function optionalText({ idempotencyKey, traceparent }) {
  if (idempotencyKey === undefined && traceparent === undefined) return '';
  return JSON.stringify(checkTexts({ idempotencyKey, traceparent }));
}

/** The options that are texts. @param {CallOptions} options */
function checkTexts({ idempotencyKey, traceparent }) {
  for (const [key, value] of Object.entries({ idempotencyKey, traceparent })) {
    if (value !== undefined && typeof value !== 'string') {
      throw new classes.InvalidArgument(`${key}: expected a string`);
    }
  }
  return { idempotencyKey, traceparent };
}

module.exports = { callOptions, checkTexts, limitsOf, optionalText, overrides, timeoutNumber };
