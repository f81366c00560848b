'use strict';

const { Fault, tooDeep, tooLarge, tooManyElements } = require('./fault.js');

/**
 * @typedef {object} Limits
 * @property {number} maxMessage Bytes of a message.
 * @property {number} maxDepth Nesting of values; the message itself is at depth 0.
 * @property {number} maxElements Sum of all counts; a list of numbers counts as one.
 */

/** @type {Limits} */
const DEFAULT_LIMITS = { maxMessage: 256 * 1024 * 1024, maxDepth: 64, maxElements: 16 * 1024 * 1024 };

const FIRST_CAPACITY = 16 * 1024;
/** A larger buffer is given back after its message. */
const KEPT_CAPACITY = 1024 * 1024;

/** A buffer of its own, not a part of Buffer's pool: its start has to be aligned. @param {number} capacity */
const allocate = (capacity) => Buffer.from(new ArrayBuffer(capacity));

/** Appends the values of one message to a buffer that is used again for the next. */
class Writer {
  constructor() {
    this.limits = DEFAULT_LIMITS;
    /** Where the message begins in `buf`, at a multiple of 8: padding counts from there. */
    this.first = 0;
    this.pos = 0;
    this.elements = 0;
    this.depth = 0;
    this.capacity = FIRST_CAPACITY;
    this.buf = allocate(FIRST_CAPACITY);
    this.view = new DataView(this.buf.buffer);
  }

  /** @param {number} capacity @private */
  replace(capacity) {
    this.capacity = Math.ceil(capacity / 8) * 8;
    this.buf = allocate(this.capacity);
    this.view = new DataView(this.buf.buffer);
  }

  /** Begins a message. @param {Limits} limits @param {number} [first] Where; what is before it stays. */
  start(limits, first = 0) {
    this.limits = limits;
    this.first = first;
    this.pos = first;
    this.elements = 0;
    this.depth = 0;
  }

  /** Lets go of a buffer that a large message has left behind. */
  shrink() {
    if (this.capacity > KEPT_CAPACITY) this.replace(FIRST_CAPACITY);
  }

  /** The message's length; an error if it is over the limit. */
  finish() {
    const length = this.pos - this.first;
    if (length > this.limits.maxMessage) throw tooLarge();
    return length;
  }

  /** A copy of the message. */
  bytes() {
    return this.buf.buffer.slice(this.first, this.first + this.finish());
  }

  /** Makes room for `count` more bytes. @param {number} count */
  need(count) {
    if (this.pos + count > this.capacity) this.grow(count);
  }

  /** @param {number} count @private */
  grow(count) {
    if (this.pos - this.first > this.limits.maxMessage) throw tooLarge();
    const old = this.buf;
    this.replace(Math.max(this.capacity * 2, this.pos + count));
    this.buf.set(old.subarray(0, this.pos));
  }

  /** Makes room for `count` bytes that will surely be part of the message. @param {number} count */
  room(count) {
    if (this.pos - this.first + count > this.limits.maxMessage) throw tooLarge();
    this.need(count);
  }

  enter() {
    if (this.depth >= this.limits.maxDepth) throw tooDeep();
    this.depth++;
  }

  leave() {
    this.depth--;
  }

  /** Counts elements. @param {number} count */
  count(count) {
    this.elements += count;
    if (this.elements > this.limits.maxElements) throw tooManyElements();
  }

  /** Counts the elements of a list of fixed length; one without elements counts as one, since it takes no bytes. @param {number} count */
  fixedLength(count) {
    this.count(count || 1);
  }

  /** The count of a list, set or map. @param {number} count */
  length(count) {
    this.count(count);
    this.u32(count);
  }

  /** @param {number} value */
  u8(value) {
    this.need(1);
    this.buf[this.pos++] = value;
  }

  /** @param {number} value */
  u16(value) {
    this.need(2);
    this.view.setUint16(this.pos, value, true);
    this.pos += 2;
  }

  /** @param {number} value */
  u32(value) {
    this.need(4);
    this.view.setUint32(this.pos, value, true);
    this.pos += 4;
  }

  /** A whole number within the safe integers. @param {number} value */
  safe64(value) {
    this.need(8);
    const { view, pos } = this;
    view.setUint32(pos, value, true);
    view.setInt32(pos + 4, Math.floor(value / 4294967296), true);
    this.pos = pos + 8;
  }

  /** The low 64 bits of a bigint. @param {bigint} value */
  big64(value) {
    this.need(8);
    this.view.setBigUint64(this.pos, value, true);
    this.pos += 8;
  }

  /** @param {number} value */
  f32(value) {
    this.need(4);
    // NaN is written by its bits: JavaScript leaves open which NaN a DataView stores.
    if (value !== value) this.view.setUint32(this.pos, 0x7fc00000, true);
    else this.view.setFloat32(this.pos, value, true);
    this.pos += 4;
  }

  /** @param {number} value */
  f64(value) {
    this.need(8);
    if (value !== value) {
      this.view.setUint32(this.pos, 0, true);
      this.view.setUint32(this.pos + 4, 0x7ff80000, true);
    } else {
      this.view.setFloat64(this.pos, value, true);
    }
    this.pos += 8;
  }

  /** Zero bytes up to the next multiple of `size`. @param {number} size */
  align(size) {
    const end = Math.ceil(this.pos / size) * size;
    this.need(end - this.pos);
    while (this.pos < end) this.buf[this.pos++] = 0;
  }

  /** Bytes as they are. @param {Uint8Array} bytes */
  raw(bytes) {
    this.room(bytes.length);
    this.buf.set(bytes, this.pos);
    this.pos += bytes.length;
  }

  /** The UTF-8 of a string without its length. @param {string} text */
  text(text) {
    const count = text.length;
    // The most that UTF-8 can take, unless that is so much that counting first is cheaper.
    if (count < 16384) this.need(count * 3);
    else this.room(Buffer.byteLength(text));
    const { buf, pos } = this;
    if (count < 64) {
      let i = 0;
      for (; i < count; i++) {
        const unit = text.charCodeAt(i);
        if (unit > 127) break;
        buf[pos + i] = unit;
      }
      if (i === count) {
        this.pos = pos + count;
        return;
      }
    }
    if (!text.isWellFormed()) throw new Fault('expected string, got a string with a lone surrogate');
    this.pos = pos + buf.utf8Write(text, pos);
  }

  /** A string with its length. @param {string} text */
  string(text) {
    this.need(4);
    const start = this.pos;
    this.pos = start + 4;
    this.text(text);
    this.view.setUint32(start, this.pos - start - 4, true);
  }
}

const shared = new Writer();
let isShared = true;

/**
 * Runs `write` with the writer of this thread, or with one of its own while that is in use: a getter of a value that
 * is being written may itself make a call.
 *
 * @template T
 * @param {Limits} limits
 * @param {(writer: Writer) => T} write
 * @returns {T}
 */
function withWriter(limits, write) {
  if (!isShared) {
    const own = new Writer();
    own.start(limits);
    return write(own);
  }
  isShared = false;
  try {
    shared.start(limits);
    return write(shared);
  } finally {
    shared.shrink();
    isShared = true;
  }
}

module.exports = { DEFAULT_LIMITS, Writer, withWriter };
