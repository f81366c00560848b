// What cases assert.
import { inspect } from 'node:util';

import { DeclaredError } from './ffi.mjs';
import { isEqual } from './compare.mjs';
import { errorClass } from './suite.mjs';

/** @param {unknown} got @param {unknown} expected */
export function equal(got, expected) {
  if (!isEqual(got, expected)) throw new Error(`expected ${inspect(expected)}, got ${inspect(got)}`);
}

/** @param {unknown} condition @param {string} what */
export function ok(condition, what) {
  if (!condition) throw new Error(`not so: ${what}`);
}

/** The error that a call ends with. @param {Promise<unknown>} call */
export async function errorOf(call) {
  let value;
  try {
    value = await call;
  } catch (error) {
    return error;
  }
  throw new Error(`expected an error, got ${inspect(value)}`);
}

/** @param {Promise<unknown>} call @param {string} code @param {string} [text] Part of the message. */
export async function fails(call, code, text = '') {
  const error = await errorOf(call);
  ok(error instanceof errorClass(code), `${error?.name} (${error?.message}) is a ${code}`);
  equal(error.code, code);
  ok(error.message.includes(text), `${JSON.stringify(error.message)} contains ${JSON.stringify(text)}`);
  return error;
}

/** A mistake that is refused before anything is sent. @param {Promise<unknown>} call @param {string} path */
export async function refused(call, path) {
  equal((await fails(call, 'invalid-argument', path)).sent, 'not-sent');
}

/** @param {Promise<unknown>} call @param {unknown} value */
export async function declares(call, value) {
  const error = await errorOf(call);
  ok(error instanceof DeclaredError, `${error?.name} (${error?.message}) is a declared error`);
  equal(error.code, undefined);
  equal(error.value, value);
}
