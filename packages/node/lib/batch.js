'use strict';

const { classes } = require('./errors.js');
const { Failure, PendingCall, errorOf } = require('./pending.js');

/**
 * @typedef {import('./codec/codec.js').FunctionCodec} FunctionCodec
 * @typedef {import('./options.js').CallOptions} CallOptions
 */

/** A call of a batch: it is sent when the function that describes the batch has returned it. */
class BoundCall {
  #name;
  /** @type {Batch | undefined} The batch, until the call is sent. */
  #batch;

  /** @param {Batch} batch @param {FunctionCodec} fn @param {unknown[]} args */
  constructor(batch, fn, args) {
    this.#batch = batch;
    this.#name = fn.local;
    this.fn = fn;
    this.args = args;
    Object.defineProperties(this, { fn: { enumerable: false }, args: { enumerable: false } });
  }

  /** Takes the call for sending. @param {unknown} value @param {Batch} batch @param {number} at @returns {BoundCall} */
  static take(value, batch, at) {
    if (!(value instanceof BoundCall)) {
      const what = value === null ? 'null' : typeof value;
      throw new classes.InvalidArgument(`batch[${at}]: expected a call of this batch, got ${what}`);
    }
    if (value.#batch === undefined) {
      throw new classes.FailedPrecondition(`batch[${at}]: this call of ${value.#name} was sent already`);
    }
    if (value.#batch !== batch) {
      throw new classes.InvalidArgument(`batch[${at}]: this call of ${value.#name} belongs to another batch`);
    }
    value.#batch = undefined;
    return value;
  }

  /** Who awaits it would wait for ever: it has no result of its own. @param {unknown} _ @param {(reason: unknown) => void} reject */
  then(_, reject) {
    const how = 'return it from the function that is given to batch(), whose results are in its order';
    const error = new classes.FailedPrecondition(
      `${this.#name}: a call of a batch cannot be awaited; ${how}`,
    );
    if (typeof reject !== 'function') throw error;
    reject(error);
  }
}

/** What describes the calls of one batch: the functions of the interface. */
class Batch {
  #isOver = false;

  /** @param {FunctionCodec} fn @param {unknown[]} args */
  bind(fn, args) {
    if (this.#isOver) {
      throw new classes.FailedPrecondition(`${fn.local}: the batch was sent already`);
    }
    return new BoundCall(this, fn, args);
  }

  /** The calls that were described, in order. @param {unknown} described @returns {BoundCall[]} */
  finish(described) {
    const isIterable = typeof (/** @type {any} */ (described)?.[Symbol.iterator]) === 'function';
    if (!isIterable || typeof described === 'string') {
      throw new classes.InvalidArgument(
        'batch: expected a function that returns an array of calls of the batch',
      );
    }
    // Taken first: an iterable may make the calls as it goes, and must not be half sent when it fails.
    const calls = [];
    for (const value of /** @type {Iterable<unknown>} */ (described)) {
      calls.push(BoundCall.take(value, this, calls.length));
    }
    this.#isOver = true;
    return calls;
  }
}

/** One call of a batch that was sent. */
class BatchedCall extends PendingCall {
  #settled;

  /** @param {FunctionCodec} codec @param {(value: unknown) => void} settled */
  constructor(codec, settled) {
    super(codec);
    this.#settled = settled;
  }

  /** @override @param {unknown} value */
  settle(value) {
    this.#settled(value);
  }
}

/**
 * Sends all calls and waits for all of them.
 *
 * @param {BoundCall[]} calls
 * @param {(bound: BoundCall, call: PendingCall) => void} send
 * @returns {Promise<unknown[]>} Values and Failures, in order.
 */
function sendAll(calls, send) {
  return new Promise((resolve) => {
    const values = new Array(calls.length);
    let open = calls.length;
    if (open === 0) resolve(values);
    calls.forEach((bound, at) => {
      const settled = (/** @type {unknown} */ value) => {
        values[at] = value;
        if (--open === 0) resolve(values);
      };
      try {
        send(bound, new BatchedCall(bound.fn, settled));
      } catch (error) {
        settled(new Unsent(error));
      }
    });
  });
}

/** Why a call of a batch was not sent. */
class Unsent {
  /** @param {unknown} error */
  constructor(error) {
    this.error = error;
  }
}

/** @param {unknown} value @returns {PromiseSettledResult<any>} */
function settledResult(value) {
  if (value instanceof Unsent) return { status: 'rejected', reason: value.error };
  if (value instanceof Failure) return { status: 'rejected', reason: errorOf(value) };
  return { status: 'fulfilled', value };
}

module.exports = { Batch, BoundCall, sendAll, settledResult };
