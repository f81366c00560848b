'use strict';

const { Writer } = require('./codec/writer.js');
const { nativeCall } = require('./errors.js');
const { native } = require('./native.js');

/**
 * Calls and replies on their way to the addon: written one behind the other into one buffer, which is handed over once for all
 * that is started and answered in one turn. `crates/node/src/outbox.rs` describes the entries.
 *
 * @typedef {import('./codec/writer.js').Limits} Limits
 */

/** As in `crates/node/src/outbox.rs`; replies are `KIND` of `runtime.js` added to `reply`. */
const ENTRY = { call: 1, giveUp: 2, reply: 16 };
const CALL_HEAD = 48;
const REPLY_HEAD = 16;
const WAIT_FOR_ROOM = 1;

/** What has gathered beyond this is handed over, though not yet sent. */
const ENOUGH = 128 * 1024;

const shared = new Writer();
/** End of the entries in it. */
let length = 0;
let isWriting = false;

/** @param {Limits} limits @param {number} head */
function begin(limits, head) {
  if (isWriting) {
    // A getter of a value that is being written makes a call itself.
    const own = new Writer();
    own.start(limits, head);
    return own;
  }
  isWriting = true;
  shared.pos = length;
  shared.need(head);
  shared.start(limits, length + head);
  return shared;
}

/** Begins an entry for a call: its arguments are to be written. @param {Limits} limits @param {string} optional What few calls have, as JSON. */
function beginCall(limits, optional) {
  const w = begin(limits, CALL_HEAD);
  if (optional !== '') {
    const bytes = Buffer.from(optional);
    w.raw(bytes);
    w.align(8);
    w.start(limits, w.pos);
  }
  return w;
}

/** Begins an entry for a reply: its body is to be written. @param {Limits} limits */
const beginReply = (limits) => begin(limits, REPLY_HEAD);

/** Writing failed: the entry is as if it had not been begun. @param {Writer} w */
function undo(w) {
  if (w === shared) isWriting = false;
}

/**
 * Ends a call's entry.
 *
 * @param {Writer} w
 * @param {number} token
 * @param {number} client
 * @param {number} fn
 * @param {number} timeout
 * @param {number} parent
 * @param {boolean} waits Whether it waits for room under the quota of calls in flight.
 */
function call(w, token, client, fn, timeout, parent, waits) {
  const start = w === shared ? length : 0;
  const { view } = w;
  view.setUint32(start, ENTRY.call, true);
  view.setUint32(start + 4, w.pos - w.first, true);
  view.setFloat64(start + 8, token, true);
  view.setUint32(start + 16, client, true);
  view.setUint32(start + 20, fn, true);
  view.setFloat64(start + 24, timeout, true);
  view.setFloat64(start + 32, parent, true);
  view.setUint32(start + 40, waits ? WAIT_FOR_ROOM : 0, true);
  view.setUint32(start + 44, w.first - start - CALL_HEAD, true);
  end(w);
}

/** Ends a reply's entry. @param {Writer} w @param {number} kind @param {number} inbound */
function reply(w, kind, inbound) {
  const start = w === shared ? length : 0;
  w.view.setUint32(start, ENTRY.reply + kind, true);
  w.view.setUint32(start + 4, w.pos - w.first, true);
  w.view.setFloat64(start + 8, inbound, true);
  end(w);
}

/** Nobody waits any more for a call. @param {Limits} limits @param {number} client @param {number} token */
function giveUp(limits, client, token) {
  const w = begin(limits, REPLY_HEAD + 8);
  const start = w === shared ? length : 0;
  w.view.setUint32(start, ENTRY.giveUp, true);
  w.view.setUint32(start + 4, 0, true);
  w.view.setFloat64(start + 8, token, true);
  w.view.setUint32(start + 16, client, true);
  end(w);
}

/** @param {Writer} w */
function end(w) {
  if (w !== shared) {
    native.submit(w.buf, w.pos);
    return;
  }
  // The writer's capacity is a multiple of 8.
  length = w.pos + (-w.pos & 7);
  isWriting = false;
  if (length > ENOUGH) submit();
}

/** Hands over what has gathered, without sending it. */
function submit() {
  if (length === 0) return;
  const taken = length;
  length = 0;
  nativeCall(() => native.submit(shared.buf, taken));
  shared.shrink();
}

/** Hands over what has gathered and sends it. True if the addon has something to tell already. */
function flush() {
  const taken = length;
  length = 0;
  const hasEvents = native.flush(shared.buf, taken);
  if (!isWriting) shared.shrink();
  return hasEvents;
}

module.exports = { beginCall, beginReply, call, flush, giveUp, reply, submit, undo };
