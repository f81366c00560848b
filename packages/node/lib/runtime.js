'use strict';

const { CallContext } = require('./context.js');
const { HmsError, fromExchange, nativeCall } = require('./errors.js');
const { native } = require('./native.js');
const outbox = require('./outbox.js');

/**
 * The event loop's side of the addon: starts it in this thread, hands its events on, and keeps the process alive while anything is pending.
 *
 * @typedef {object} Pending Someone who waits for the event of a token.
 * @property {(kind: number, body: Buffer, first: number, end: number) => void} ended `KIND`, and where the body is.
 *
 * @typedef {object} Serving
 * @property {(call: InboundCall, body: Buffer, first: number, end: number) => void} called
 * @property {number} abandoned Handlers that go on although their calls have been answered.
 *
 * @typedef {object} InboundCall
 * @property {number} id
 * @property {number} export
 * @property {number} function
 * @property {{ uid: number, gid: number, pid: number }} caller
 * @property {number} left Milliseconds until the deadline; below zero without one.
 * @property {{ traceparent?: string, tracestate?: string, idempotencyKey?: string }} optional
 */

/** As in `crates/node/src/inbox.rs`. */
const KIND = { ok: 1, declared: 2, system: 3, cancelled: 4, connected: 5, call: 6, cancel: 7 };
const HEAD = 16;
const CALL_FIELDS = 40;
const LARGE = 0xffffffff;

const inbox = Buffer.from(new ArrayBuffer(256 * 1024));
const view = new DataView(inbox.buffer);

/** @type {Map<number, Pending>} */
const pending = new Map();
/** Servers by their numbers. @type {Map<number, Serving>} */
const servers = new Map();
/** Inbound calls that handlers work on. @type {Map<number, CallContext>} */
const inbound = new Map();

let lastToken = 0;
let holds = 0;
let isFlushing = false;
let isStarted = false;

/** Prepares this thread; does nothing from the second time on. */
function start() {
  if (isStarted) return;
  // Bun has functions of libuv's names that end the process (oven-sh/bun#18546).
  const withoutLibuv = 'bun' in process.versions || process.env.HMS_NODE_READER_THREAD === '1';
  nativeCall(() => native.start(turn, withoutLibuv));
  isStarted = true;
}

/** Keeps the process alive until as many `release`. */
function hold() {
  if (holds++ === 0) native.keepAlive(true);
}

function release() {
  if (--holds === 0) native.keepAlive(false);
}

/** Registers someone who waits; the process lives until then. @param {Pending} waiting */
function expect(waiting) {
  const token = ++lastToken;
  pending.set(token, waiting);
  hold();
  return token;
}

/** Nobody waits any more. @param {number} token */
function forget(token) {
  if (pending.delete(token)) release();
}

/** What is started and answered until all microtasks are done is sent together. */
function flushSoon() {
  if (isFlushing) return;
  isFlushing = true;
  process.nextTick(flush);
}

function flush() {
  isFlushing = false;
  // Not at once: calls within the process would keep timers and sockets from their turn for ever.
  if (outbox.flush()) setImmediate(turn);
}

/** Takes in what the addon has to tell; what one inbox does not hold waits until promises, timers and sockets had their turn. */
function turn() {
  const used = native.turn(inbox);
  const end = Math.abs(used);
  for (let pos = 0; pos < end;) pos = entry(pos);
  if (used < 0) setImmediate(turn);
}

/** Hands on the event at `pos`; returns where the next one is. @param {number} pos */
function entry(pos) {
  const kind = view.getUint32(pos, true);
  const length = view.getUint32(pos + 4, true);
  const token = view.getFloat64(pos + 8, true);
  const fields = pos + HEAD;
  const first = fields + (kind === KIND.call ? CALL_FIELDS : kind >= KIND.connected ? 8 : 0);
  if (length === LARGE) {
    const body = Buffer.from(/** @type {any} */ (native.takeBody(view.getUint32(first, true)).buffer));
    handOn(kind, token, fields, body, 0, body.length);
    return align(first + 4);
  }
  handOn(kind, token, fields, inbox, first, first + length);
  return align(first + length);
}

/** @param {number} pos */
const align = (pos) => (pos + 7) & ~7;

/**
 * @param {number} kind
 * @param {number} token
 * @param {number} fields
 * @param {Buffer} body
 * @param {number} first
 * @param {number} end
 */
function handOn(kind, token, fields, body, first, end) {
  if (kind <= KIND.connected) {
    const waiting = pending.get(token);
    if (waiting === undefined) {
      // A connect that was given up: nobody will close its client.
      if (kind === KIND.connected) native.closeClient(view.getUint32(fields, true));
      return;
    }
    pending.delete(token);
    release();
    // A connected event's body is empty; its client's number stands in the place of `first`.
    if (kind === KIND.connected) waiting.ended(kind, body, view.getUint32(fields, true), 0);
    else waiting.ended(kind, body, first, end);
  } else if (kind === KIND.cancel) {
    const context = inbound.get(token);
    if (context !== undefined) CallContext.end(context, view.getUint32(fields, true) === 1);
  } else {
    called(token, fields, body, first, end);
  }
}

/** @param {number} id @param {number} fields @param {Buffer} body @param {number} first @param {number} end */
function called(id, fields, body, first, end) {
  const optional = view.getUint32(fields + 32, true);
  /** @type {InboundCall} */
  const call = {
    id,
    export: view.getUint32(fields + 4, true),
    function: view.getUint32(fields + 8, true),
    caller: {
      uid: view.getUint32(fields + 12, true),
      gid: view.getUint32(fields + 16, true),
      pid: view.getUint32(fields + 20, true),
    },
    left: view.getFloat64(fields + 24, true),
    optional: optional === 0 ? {} : JSON.parse(body.toString('utf8', first, first + optional)),
  };
  servers.get(view.getUint32(fields, true))?.called(call, body, first + align(optional), end);
}

/** The error in a body of `KIND.system`. @param {Buffer} body @param {number} first @param {number} end @returns {HmsError} */
function errorIn(body, first, end) {
  const { stackTraceLimit } = Error;
  // The stack would be that of the event loop: the caller's takes its place.
  Error.stackTraceLimit = 0;
  try {
    return fromExchange(JSON.parse(body.toString('utf8', first, end)));
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Bytes that the addon holds now, in all threads: constant while nothing is pending. */
const liveNativeBytes = () => native.liveBytes();

/** Calls and connects that wait for their event, and calls that handlers work on. */
const pendingCalls = () => pending.size + inbound.size;

module.exports = {
  KIND,
  errorIn,
  expect,
  flushSoon,
  forget,
  hold,
  inbound,
  liveNativeBytes,
  pendingCalls,
  release,
  servers,
  start,
};
