'use strict';

const { decodeDocument, encodeDocument } = require('./codec/document.js');
const { Fault } = require('./codec/fault.js');
const { framesOf, printFrame, stackLines } = require('./trace.js');

/**
 * @typedef {import('./trace.js').Frame} Frame
 *
 * @typedef {'not-sent' | 'maybe-executed'} Sent
 *
 * @typedef {object} ErrorOptions
 * @property {unknown} [details] A document: plain values.
 * @property {boolean} [retry] Whether trying again makes sense; without it the code decides.
 * @property {unknown} [cause]
 */

/** The codes whose errors may go away by themselves. */
const TEMPORARY = new Set(['deadline-exceeded', 'resource-exhausted', 'aborted', 'unavailable']);

/** Everything that can go wrong with a call. */
class HmsError extends Error {
  /** @type {string | undefined} The canonical status code, `not-found`; undefined for a declared error. */
  static code = 'unknown';

  /** @param {string} [message] @param {ErrorOptions} [options] */
  constructor(message, options = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    /** @type {string | undefined} */
    this.code = /** @type {typeof HmsError} */ (new.target).code;
    /** More about it, as plain values. @type {unknown} */
    this.details = options.details;
    if (options.details === undefined) hide(this, 'details');
    /** Whether the provider may have run the call. @type {Sent} */
    this.sent = 'not-sent';
    /** Where the failing call went through, outermost first. @type {Frame[]} */
    this.trace = [];
    hide(this, 'trace');
    if (options.retry !== undefined) this.retry = options.retry;
  }

  /** Whether the same call may succeed a little later. */
  get isRetryable() {
    return /** @type {any} */ (this).retry ?? TEMPORARY.has(String(this.code));
  }
}

/** Kept out of what consoles print: the stack shows it already. @param {object} object @param {string} key */
const hide = (object, key) => Object.defineProperty(object, key, { enumerable: false });

/** An error that the contract declares: the `E` of a `result<T, E>`. */
class DeclaredError extends HmsError {
  /** @type {undefined} */
  static code = undefined;

  /** @param {any} [value] Of the function's error type. @param {ErrorOptions & { message?: string }} [options] */
  constructor(value, options = {}) {
    const tag = value !== null && typeof value === 'object' ? value.tag : undefined;
    super(
      options.message ?? (typeof tag === 'string' ? `declared error: ${tag}` : 'declared error'),
      options,
    );
    this.value = value;
  }
}

/** @param {string} code @param {string} name @returns {typeof HmsError} */
function define(code, name) {
  const type = {
    [name]: class extends HmsError {
      static code = code;
    },
  }[name];
  return named(type, name);
}

/** @template {Function} T @param {T} type @param {string} name @returns {T} */
function named(type, name) {
  Object.defineProperty(type.prototype, 'name', { value: name, configurable: true, writable: true });
  return type;
}

named(HmsError, 'HmsError');
named(DeclaredError, 'DeclaredError');

/** The class of each code. */
const classes = {
  Cancelled: define('cancelled', 'Cancelled'),
  Unknown: define('unknown', 'Unknown'),
  InvalidArgument: define('invalid-argument', 'InvalidArgument'),
  DeadlineExceeded: define('deadline-exceeded', 'DeadlineExceeded'),
  NotFound: define('not-found', 'NotFound'),
  AlreadyExists: define('already-exists', 'AlreadyExists'),
  PermissionDenied: define('permission-denied', 'PermissionDenied'),
  ResourceExhausted: define('resource-exhausted', 'ResourceExhausted'),
  FailedPrecondition: define('failed-precondition', 'FailedPrecondition'),
  Aborted: define('aborted', 'Aborted'),
  OutOfRange: define('out-of-range', 'OutOfRange'),
  Unimplemented: define('unimplemented', 'Unimplemented'),
  Internal: define('internal', 'Internal'),
  Unavailable: define('unavailable', 'Unavailable'),
  DataLoss: define('data-loss', 'DataLoss'),
  Unauthenticated: define('unauthenticated', 'Unauthenticated'),
};

/** @type {Map<string | undefined, typeof HmsError>} */
const byCode = new Map(Object.values(classes).map((type) => [type.code, type]));

/** The class of a code; that of `unknown` for a code that is none. @param {string} code */
const classOf = (code) => byCode.get(code) ?? classes.Unknown;

/** Errors that came from a call: what a handler lets through of these is its own failure, not its answer. @type {WeakSet<object>} */
const received = new WeakSet();

/**
 * An error as the addon gives and takes it.
 *
 * @typedef {object} Exchange
 * @property {string} code
 * @property {string} message
 * @property {number[]} [details]
 * @property {boolean} [executed]
 * @property {boolean} [retry]
 * @property {[string, string, string, string, number][]} [trace]
 * @property {Exchange} [cause]
 * @property {boolean} [nested]
 */

/** @param {Exchange} exchange @returns {HmsError} */
function fromExchange(exchange) {
  const type = classOf(exchange.code);
  const error = new type(exchange.message, {
    cause: exchange.cause === undefined ? undefined : fromExchange(exchange.cause),
    retry: exchange.retry ?? undefined,
    details: exchange.details == null ? undefined : decodeDocument(Buffer.from(exchange.details)),
  });
  error.sent = exchange.executed ? 'maybe-executed' : 'not-sent';
  error.trace = (exchange.trace ?? []).map(([language, component, name, file, line]) => ({
    language,
    component,
    function: name,
    file,
    line,
  }));
  hide(error, 'trace');
  return error;
}

/**
 * Puts the frames of this hop in front of an error's trace, and the whole trace into its stack.
 *
 * @template {HmsError} E
 * @param {E} error Made in the course of the failing call, so that its stack is the caller's.
 * @param {string} component
 * @returns {E}
 */
function withTrace(error, component) {
  received.add(error);
  const remote = error.trace;
  const [head, lines] = stackLines(error);
  error.trace = [...framesOf(error, component), ...remote];
  // As V8 prints: the innermost first.
  const foreign = remote.map((frame) => `    at ${printFrame(frame)}`).reverse();
  if (foreign.length > 0) error.stack = [head, ...foreign, ...lines].join('\n');
  return error;
}

/** Runs a native function; what it throws becomes an HmsError. @template T @param {() => T} call @returns {T} */
function nativeCall(call) {
  try {
    return call();
  } catch (error) {
    throw fromNative(error);
  }
}

/** @param {unknown} error What the addon threw: its message is an exchange. */
function fromNative(error) {
  const text = error instanceof Error ? error.message : '';
  if (!text.startsWith('{')) return error;
  const made = fromExchange(JSON.parse(text));
  Error.captureStackTrace(made, nativeCall);
  return made;
}

/** The error of a failed conversion, in whose place its caller looks for the mistake. @param {unknown} error @param {string} [blame] In the place of invalid-argument. */
function fromFault(error, blame) {
  if (!(error instanceof Fault)) return error;
  const code = blame !== undefined && error.code === 'invalid-argument' ? blame : error.code;
  return new (classOf(code))(error.path === '' ? error.message : `${error.path}: ${error.message}`);
}

/**
 * What a handler's caller learns of the error that ended it.
 *
 * @param {HmsError} error
 * @param {Frame[]} trace
 * @param {boolean} nested Whether it came from a call that the handler made.
 * @returns {Exchange}
 */
function toExchange(error, trace, nested) {
  return {
    code: error.code ?? 'internal',
    message: error.message,
    details: error.details === undefined ? undefined : [...encodeDocument(error.details)],
    executed: error.sent === 'maybe-executed',
    retry: /** @type {any} */ (error).retry,
    trace: trace.map((frame) => [frame.language, frame.component, frame.function, frame.file, frame.line]),
    cause: error.cause instanceof HmsError ? toExchange(error.cause, error.cause.trace, false) : undefined,
    nested,
  };
}

module.exports = {
  DeclaredError,
  HmsError,
  classOf,
  classes,
  fromExchange,
  fromFault,
  fromNative,
  nativeCall,
  received,
  toExchange,
  withTrace,
};
