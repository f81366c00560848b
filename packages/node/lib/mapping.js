'use strict';

const { DeclaredError, HmsError, classOf, classes, received, toExchange } = require('./errors.js');
const { framesOf } = require('./trace.js');

/**
 * Which codes a provider's own exceptions mean: pairs of a class and a code (or error class), or a function that gives a code, an error,
 * or nothing.
 *
 * @typedef {string | typeof HmsError} Code
 * @typedef {Iterable<[Function, Code]> | ((error: unknown) => Code | HmsError | undefined)} ErrorMapping
 */

/**
 * @param {ErrorMapping | undefined} mapping
 * @returns {(error: unknown) => HmsError | undefined}
 */
function errorMap(mapping) {
  if (mapping === undefined) return () => undefined;
  if (typeof mapping === 'function') {
    return (error) => {
      const found = mapping(error);
      return found === undefined || found instanceof HmsError ? found : mapped(found, error);
    };
  }
  const pairs = [...mapping];
  for (const [type, code] of pairs) {
    if (typeof type !== 'function')
      throw new classes.InvalidArgument('mapErrors: expected pairs of class and code');
    typeOf(code);
  }
  return (error) => {
    const pair = pairs.find(([type]) => error instanceof type);
    return pair === undefined ? undefined : mapped(pair[1], error);
  };
}

/** @param {Code} code @returns {typeof HmsError} */
function typeOf(code) {
  const type = typeof code === 'string' ? classOf(code) : code;
  if (typeof type !== 'function' || (typeof code === 'string' && type.code !== code)) {
    throw new classes.InvalidArgument(`mapErrors: ${String(code)} is not one of the sixteen codes`);
  }
  return type;
}

/** @param {Code} code @param {unknown} error */
function mapped(code, error) {
  const type = typeOf(code);
  const result = new type(error instanceof Error ? error.message : String(error));
  if (error instanceof Error) result.stack = error.stack;
  return result;
}

/**
 * What the caller learns of what a handler threw; nothing if the call was cancelled.
 *
 * @param {unknown} thrown
 * @param {import('./context.js').CallContext} context
 * @param {(error: unknown) => HmsError | undefined} toError
 * @returns {import('./errors.js').Exchange | undefined}
 */
function exchangeOf(thrown, context, toError) {
  const error = translate(thrown, toError);
  const { isLate, interface: iface } = context;
  const trace = thrown instanceof HmsError && received.has(thrown) ? thrown.trace : framesIn(thrown, iface);
  if (error instanceof DeclaredError) {
    const message = received.has(error)
      ? `a call made by the handler ended with a declared error (${error.message})`
      : `the handler threw a declared error, which ${context.function} does not declare`;
    return toExchange(new classes.Internal(message), trace, false);
  }
  if (error instanceof HmsError) return toExchange(error, trace, received.has(error));
  if (isLate && (isNamed(thrown, 'TimeoutError') || isNamed(thrown, 'AbortError'))) {
    return toExchange(new classes.DeadlineExceeded(messageOf(thrown)), trace, false);
  }
  if (context.isCancelled && isNamed(thrown, 'AbortError')) return undefined;
  return toExchange(new classes.Internal(messageOf(thrown)), trace, false);
}

/** @param {unknown} thrown @param {(error: unknown) => HmsError | undefined} toError */
function translate(thrown, toError) {
  try {
    return toError(thrown) ?? thrown;
  } catch (error) {
    return error;
  }
}

/** @param {unknown} thrown @param {string} component */
const framesIn = (thrown, component) => (thrown instanceof Error ? framesOf(thrown, component) : []);

/** @param {unknown} thrown @param {string} name */
const isNamed = (thrown, name) => thrown instanceof Error && thrown.name === name;

/** @param {unknown} thrown */
function messageOf(thrown) {
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`;
  return `the handler threw ${typeof thrown === 'object' ? 'an object that is no Error' : `a ${typeof thrown}`}`;
}

module.exports = { errorMap, exchangeOf };
