'use strict';

const { closures } = require('./closures.js');
const { compile } = require('./compile.js');
const { Fault } = require('./fault.js');
const { Reader } = require('./reader.js');
const { typeTable } = require('./types.js');
const { DEFAULT_LIMITS, withWriter } = require('./writer.js');

/**
 * @typedef {import('../schema.js').Schema} Schema
 * @typedef {import('../schema.js').SchemaFunction} SchemaFunction
 * @typedef {import('./scalars.js').Leaf} Leaf
 * @typedef {import('./types.js').Type} Type
 * @typedef {import('./writer.js').Limits} Limits
 * @typedef {import('./writer.js').Writer} Writer
 */

/** The only reader of this thread: lifting calls no code of the user's. */
const reader = new Reader();

/** The messages of one function. */
class FunctionCodec {
  /** @param {Codec} codec @param {SchemaFunction} def @param {number} index */
  constructor(codec, def, index) {
    this.index = index;
    this.name = def.name;
    this.local = def.local ?? def.name;
    this.params = def.params.map((param) => ({
      name: param.name,
      type: codec.types[param.type],
      codec: codec.leaves[param.type],
    }));
    this.limits = codec.limits;
    const result = def.result == null ? undefined : codec.types[def.result];
    const isResult = result?.kind === 'result';
    /** Whether it can end in a declared error. */
    this.isDeclared = isResult;
    this.ok = codec.optional(isResult ? result?.def.ok : def.result);
    this.err = codec.optional(isResult ? result?.def.err : undefined);
    /** Why it cannot be called yet, if so. */
    this.uncallable = uncallable(def, this.params, result);
  }

  /**
   * Writes the arguments.
   *
   * @param {Writer} w
   * @param {ArrayLike<unknown>} args
   */
  lowerArgs(w, args) {
    const { params } = this;
    let i = 0;
    try {
      for (; i < params.length; i++) {
        const { type, codec } = params[i];
        const arg = args[i];
        if (arg === undefined && type.kind !== 'option') {
          throw new Fault(`missing, expected ${type.expected}`);
        }
        codec.lower(w, arg);
      }
      i = -1;
      w.finish();
    } catch (error) {
      throw rooted(error, i < 0 ? 'arguments' : params[i].name);
    }
  }

  /** @param {Buffer} buf @param {number} first @param {number} end @returns {any[]} */
  liftArgs(buf, first, end) {
    const { params } = this;
    const args = [];
    let i = -1;
    try {
      reader.start(buf, first, end, this.limits);
      for (i = 0; i < params.length; i++) args.push(params[i].codec.lift(reader));
      i = -1;
      reader.finish();
    } catch (error) {
      throw rooted(error, i < 0 ? 'arguments' : params[i].name);
    }
    return args;
  }

  /** @param {Writer} w @param {unknown} value What a handler without a result returns is nobody's. */
  lowerOk(w, value) {
    lowerOne(w, this.ok, value, 'result');
  }

  /** @param {Writer} w @param {unknown} value */
  lowerErr(w, value) {
    lowerOne(w, this.err, value, 'error');
  }

  /** @param {Buffer} buf @param {number} first @param {number} end */
  liftOk(buf, first, end) {
    return liftOne(this.ok, buf, first, end, 'result', this.limits);
  }

  /** @param {Buffer} buf @param {number} first @param {number} end */
  liftErr(buf, first, end) {
    return liftOne(this.err, buf, first, end, 'error', this.limits);
  }
}

/** @param {Writer} w @param {Leaf | undefined} leaf @param {unknown} value @param {string} root */
function lowerOne(w, leaf, value, root) {
  if (leaf === undefined) return;
  try {
    leaf.lower(w, value);
    w.finish();
  } catch (error) {
    throw rooted(error, root);
  }
}

/**
 * @param {Leaf | undefined} leaf
 * @param {Buffer} buf
 * @param {number} first
 * @param {number} end
 * @param {string} root
 * @param {Limits} limits
 */
function liftOne(leaf, buf, first, end, root, limits) {
  try {
    reader.start(buf, first, end, limits);
    const value = leaf === undefined ? undefined : leaf.lift(reader);
    reader.finish();
    return value;
  } catch (error) {
    throw rooted(error, root);
  }
}

/** @param {unknown} error @param {string} root */
function rooted(error, root) {
  if (error instanceof Fault) error.path = root + error.path;
  return error;
}

/**
 * Where and what of a function cannot be called yet.
 *
 * @param {SchemaFunction} def
 * @param {{ name: string, type: Type }[]} params
 * @param {Type | undefined} result
 */
function uncallable(def, params, result) {
  if (def.topic) return 'topics';
  if (def.name.startsWith('[')) return 'resources';
  const places = params.map(({ name, type }) => ({ name, found: type.uncallable }));
  places.push({ name: 'result', found: result?.uncallable });
  const place = places.find(({ found }) => found !== undefined);
  return place?.found === undefined ? undefined : `${place.name}${place.found.path}: ${place.found.what}`;
}

/** Converts the values of one schema. */
class Codec {
  /**
   * @param {Schema} schema
   * @param {{ limits?: Limits, mode?: 'auto' | 'compiled' | 'closures' }} [options]
   */
  constructor(schema, { limits = DEFAULT_LIMITS, mode = 'auto' } = {}) {
    this.schema = schema;
    this.limits = limits;
    this.types = typeTable(schema);
    const deepest = this.types.reduce((most, type) => Math.max(most, type.depth), 0);
    this.leaves = leavesOf(this.types, deepest > limits.maxDepth, mode);
    this.functions = schema.functions.map((def, index) => new FunctionCodec(this, def, index));
  }

  /** @param {number | null | undefined} type */
  optional(type) {
    return type == null ? undefined : this.leaves[type];
  }

  /**
   * The message of one value.
   *
   * @param {number} type
   * @param {unknown} value
   * @param {string} root First step of paths.
   */
  lower(type, value, root) {
    return withWriter(this.limits, (w) => {
      lowerOne(w, this.leaves[type], value, root);
      return Buffer.from(w.bytes());
    });
  }

  /** @param {number} type @param {Buffer} message @param {string} root First step of paths. */
  lift(type, message, root) {
    return liftOne(this.leaves[type], message, 0, message.length, root, this.limits);
  }
}

/** Whether code may be generated: not under `--disallow-code-generation-from-strings`. */
let canGenerate = true;

/** @param {Type[]} types @param {boolean} countsAll @param {'auto' | 'compiled' | 'closures'} mode */
function leavesOf(types, countsAll, mode) {
  if (mode === 'closures' || (mode === 'auto' && !canGenerate)) return closures(types, countsAll);
  try {
    return compile(types, countsAll);
  } catch (error) {
    if (mode === 'compiled' || !(error instanceof EvalError)) throw error;
    canGenerate = false;
    return closures(types, countsAll);
  }
}

module.exports = { Codec, FunctionCodec };
