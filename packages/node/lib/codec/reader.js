'use strict';

const { isUtf8 } = require('node:buffer');

const { Fault, badLength, tooDeep, tooLarge, tooManyElements, truncated } = require('./fault.js');
const { DEFAULT_LIMITS } = require('./writer.js');

/** @typedef {import('./writer.js').Limits} Limits */

const fromCharCode = String.fromCharCode;

/** Reads the values of one message and checks everything. */
class Reader {
  constructor() {
    this.limits = DEFAULT_LIMITS;
    /** @type {Buffer} */
    this.buf = Buffer.alloc(0);
    /** @type {DataView} */
    this.view = new DataView(this.buf.buffer);
    /** The same bytes: what is sliced off it is no Buffer. */
    this.bytes = new Uint8Array(this.buf.buffer, this.buf.byteOffset, this.buf.byteLength);
    /** Where the message begins in `buf`; padding counts from there. */
    this.first = 0;
    this.pos = 0;
    this.end = 0;
    this.elements = 0;
    this.depth = 0;
  }

  /**
   * Begins the message `buf[first..end]`.
   *
   * @param {Buffer} buf
   * @param {number} first
   * @param {number} end
   * @param {Limits} limits
   */
  start(buf, first, end, limits) {
    if (end - first > limits.maxMessage) throw tooLarge();
    if (buf !== this.buf) {
      this.buf = buf;
      this.view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
      this.bytes = new Uint8Array(buf.buffer, buf.byteOffset, buf.byteLength);
    }
    this.limits = limits;
    this.first = first;
    this.pos = first;
    this.end = end;
    this.elements = 0;
    this.depth = 0;
  }

  /** The end of the message: bytes left over are an error. */
  finish() {
    if (this.pos !== this.end) throw new Fault('bytes follow the last value');
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

  /** The count of a list, set or map whose elements take at least `smallest` bytes. @param {number} smallest */
  length(smallest) {
    const count = this.u32();
    if (count * smallest > this.end - this.pos) throw badLength();
    this.count(count);
    return count;
  }

  /**
   * That a list of fixed length can be there. One without elements counts as one: it takes no bytes.
   *
   * @param {number} count
   * @param {number} smallest
   */
  fixedLength(count, smallest) {
    if (count * smallest > this.end - this.pos) throw badLength();
    this.count(count || 1);
  }

  /** Takes `count` bytes and returns where they begin. @param {number} count */
  take(count) {
    const pos = this.pos;
    if (count > this.end - pos) throw badLength();
    this.pos = pos + count;
    return pos;
  }

  /** @param {number} size @private */
  fixed(size) {
    const pos = this.pos;
    if (size > this.end - pos) throw truncated();
    this.pos = pos + size;
    return pos;
  }

  u8() {
    if (this.pos >= this.end) throw truncated();
    return this.buf[this.pos++];
  }

  u16() {
    return this.view.getUint16(this.fixed(2), true);
  }

  u32() {
    return this.view.getUint32(this.fixed(4), true);
  }

  s8() {
    return this.view.getInt8(this.fixed(1));
  }

  s16() {
    return this.view.getInt16(this.fixed(2), true);
  }

  s32() {
    return this.view.getInt32(this.fixed(4), true);
  }

  u64() {
    return this.view.getBigUint64(this.fixed(8), true);
  }

  s64() {
    return this.view.getBigInt64(this.fixed(8), true);
  }

  /** A signed 64-bit integer as a number; the nearest one beyond the safe integers. */
  near64() {
    const pos = this.fixed(8);
    return this.view.getInt32(pos + 4, true) * 4294967296 + this.view.getUint32(pos, true);
  }

  f32() {
    const pos = this.fixed(4);
    const value = this.view.getFloat32(pos, true);
    if (value !== value && this.view.getUint32(pos, true) !== 0x7fc00000) throw notCanonical();
    return value;
  }

  f64() {
    const pos = this.fixed(8);
    const value = this.view.getFloat64(pos, true);
    if (
      value !== value &&
      (this.view.getUint32(pos, true) !== 0 || this.view.getUint32(pos + 4, true) !== 0x7ff80000)
    ) {
      throw notCanonical();
    }
    return value;
  }

  /** A byte that is 0 or 1. @param {string} what */
  bit(what) {
    const byte = this.u8();
    if (byte > 1) throw new Fault(what);
    return byte === 1;
  }

  option() {
    return this.bit('an option must begin with 0 or 1');
  }

  result() {
    return this.bit('a result must begin with 0 or 1');
  }

  /** Zero bytes up to the next multiple of `size`. @param {number} size */
  align(size) {
    const offset = (this.pos - this.first) % size;
    if (offset === 0) return;
    const end = this.pos + size - offset;
    if (end > this.end) throw badLength();
    while (this.pos < end) {
      if (this.buf[this.pos++] !== 0) throw new Fault('padding must be zero');
    }
  }

  string() {
    return this.text(this.u32());
  }

  /** @param {number} count */
  text(count) {
    const start = this.take(count);
    if (count === 0) return '';
    const { buf, pos: end } = this;
    if (count <= 16) {
      // Short ASCII, which most names and codes are, without a native call.
      let text = '';
      let i = start;
      for (; i + 3 < end; i += 4) {
        const a = buf[i];
        const b = buf[i + 1];
        const c = buf[i + 2];
        const d = buf[i + 3];
        if ((a | b | c | d) > 127) return this.utf8(start, end);
        text += fromCharCode(a, b, c, d);
      }
      for (; i < end; i++) {
        if (buf[i] > 127) return this.utf8(start, end);
        text += fromCharCode(buf[i]);
      }
      return text;
    }
    if (count <= 256) {
      let bits = 0;
      for (let i = start; i < end; i++) bits |= buf[i];
      return bits < 128 ? buf.latin1Slice(start, end) : this.utf8(start, end);
    }
    return this.utf8(start, end);
  }

  /** @param {number} start @param {number} end @private */
  utf8(start, end) {
    if (!isUtf8(this.buf.subarray(start, end))) throw new Fault('not valid UTF-8');
    return this.buf.utf8Slice(start, end);
  }
}

const notCanonical = () => new Fault('a NaN must be the canonical one');

module.exports = { Reader };
