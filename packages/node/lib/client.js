'use strict';

const { callerFolder, contractPath } = require('./callsite.js');
const { Codec } = require('./codec/codec.js');
const { withWriter } = require('./codec/writer.js');
const { currentCall } = require('./context.js');
const errors = require('./errors.js');
const { native } = require('./native.js');
const { callOptions, limitsOf, overrides, timeoutNumber } = require('./options.js');
const runtime = require('./runtime.js');
const { program } = require('./trace.js');
const { typesOf } = require('./types.js');

/**
 * @typedef {import('./codec/codec.js').FunctionCodec} FunctionCodec
 * @typedef {import('./options.js').CallOptions} CallOptions
 * @typedef {import('./options.js').Settings} Settings
 * @typedef {Settings & { wit?: string | URL, signal?: AbortSignal }} ConnectOptions
 */

const { HmsError, classes, fromFault, nativeCall, withTrace } = errors;
const { KIND } = runtime;

/** What a pending call is settled with when it failed: made into an error where the caller's stack is known. */
class Failure {
  /** @param {number} kind @param {unknown} value */
  constructor(kind, value) {
    this.kind = kind;
    this.value = value;
  }
}

/** One call that was started. */
class PendingCall {
  /** @param {FunctionCodec} codec @param {(value: unknown) => void} resolve */
  constructor(codec, resolve) {
    this.codec = codec;
    this.resolve = resolve;
    /** @type {(() => void) | undefined} */
    this.unlisten = undefined;
  }

  /** @param {number} kind @param {Buffer} body @param {number} first @param {number} end */
  ended(kind, body, first, end) {
    this.unlisten?.();
    this.resolve(outcome(this.codec, kind, body, first, end));
  }
}

/**
 * The value of an outcome, or a Failure.
 *
 * @param {FunctionCodec} codec
 * @param {number} kind
 * @param {Buffer} body
 * @param {number} first
 * @param {number} end
 */
function outcome(codec, kind, body, first, end) {
  try {
    if (kind === KIND.ok) return codec.liftOk(body, first, end);
    if (kind === KIND.declared) return new Failure(kind, codec.liftErr(body, first, end));
    if (kind === KIND.system) return new Failure(kind, runtime.errorIn(body, first, end));
  } catch (error) {
    const lost = /** @type {any} */ (fromFault(error, 'data-loss'));
    if (lost instanceof HmsError) lost.sent = 'maybe-executed';
    return new Failure(KIND.system, lost);
  }
  return new Failure(KIND.system, new classes.Cancelled('the call was cancelled'));
}

/**
 * Throws what a failed call ends with. Called where V8 knows who awaits.
 *
 * @param {Failure} failure
 * @returns {never}
 */
function raise({ kind, value }) {
  const component = currentCall()?.interface ?? program;
  if (kind === KIND.declared) {
    const declared = new errors.DeclaredError(value);
    declared.sent = 'maybe-executed';
    throw withTrace(declared, component);
  }
  if (!(value instanceof HmsError)) throw value;
  // The stack of the error that came in is that of the event loop; its own begins here.
  const here = new Error(value.message);
  here.name = value.name;
  value.stack = here.stack;
  throw withTrace(value, component);
}

/** A client of one interface; the functions of the interface are methods of its own class. */
class Client {
  #id;
  #codec;
  #settings;
  #wanted;
  #isClosed = false;
  /** @type {Map<string, FunctionCodec>} */
  #byName = new Map();
  /** The blocking client. @type {number | undefined} */
  #blocking;
  /** @type {Record<string, (...args: unknown[]) => unknown> | undefined} */
  #sync;

  /** @param {number} id @param {Codec} codec @param {string} wanted @param {string} settings */
  constructor(id, codec, wanted, settings) {
    this.#id = id;
    this.#codec = codec;
    this.#wanted = wanted;
    this.#settings = settings;
    for (const fn of codec.functions) this.#byName.set(fn.name, fn);
  }

  /** The interface as this client sees it. */
  get schema() {
    return this.#codec.schema;
  }

  /** The named types of the interface. */
  get types() {
    return typesOf(this.#codec);
  }

  /**
   * Calls a function by its name in the contract.
   *
   * @param {string} name
   * @param {...unknown} args Options may follow the last one.
   * @returns {Promise<any>}
   */
  async call(name, ...args) {
    const value = await this.#start(this.#find(name), args);
    if (value instanceof Failure) raise(value);
    return value;
  }

  /** Many calls at once. */
  async batch() {
    throw new classes.Unimplemented(`${this.#codec.schema.interface}: batches cannot be called yet`);
  }

  /** The same functions, which block the event loop until they end. */
  get sync() {
    if (this.#sync !== undefined) return this.#sync;
    /** @type {Record<string, (...args: unknown[]) => unknown>} */
    const sync = Object.create(null);
    for (const fn of this.#codec.functions) {
      Object.defineProperty(sync, fn.local, {
        value: (/** @type {unknown[]} */ ...args) => this.#block(fn, args),
        enumerable: true,
      });
    }
    if (!('call' in sync)) {
      Object.defineProperty(sync, 'call', {
        value: (/** @type {string} */ name, /** @type {unknown[]} */ ...args) =>
          this.#block(this.#find(name), args),
      });
    }
    this.#sync = Object.freeze(sync);
    return this.#sync;
  }

  /** Ends the client: calls that run end with `cancelled`, later ones with `failed-precondition`. */
  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    nativeCall(() => native.closeClient(this.#id));
    if (this.#blocking !== undefined) native.closeSyncClient(this.#blocking);
    runtime.flushSoon();
  }

  /** A method of the client's class. @param {FunctionCodec} fn */
  static method(fn) {
    const method = {
      /** @this {Client} @param {unknown[]} args */
      async [fn.local](...args) {
        const value = await this.#start(fn, args);
        if (value instanceof Failure) raise(value);
        return value;
      },
    }[fn.local];
    Object.defineProperty(method, 'length', { value: fn.params.length });
    return method;
  }

  /** @param {string} name */
  #find(name) {
    const fn = this.#byName.get(name) ?? this.#codec.functions.find((fn) => fn.local === name);
    if (fn === undefined) {
      const names = this.#codec.functions.map((fn) => fn.name);
      const all = names.filter((known) => !known.startsWith('[')).join(', ');
      throw new classes.Unimplemented(
        `${this.#codec.schema.interface} has no function ${JSON.stringify(String(name))}; it has ${all}`,
      );
    }
    return fn;
  }

  /** @param {FunctionCodec} fn @param {unknown[]} args @returns {CallOptions} */
  #check(fn, args) {
    const { interface: iface } = this.#codec.schema;
    if (this.#isClosed) throw new classes.FailedPrecondition(`the client of ${iface} was closed`);
    if (fn.uncallable !== undefined) {
      throw new classes.Unimplemented(`${iface}.${fn.name}: ${fn.uncallable} cannot be called yet`);
    }
    const count = fn.params.length;
    if (args.length <= count) return NONE;
    if (args.length > count + 1) {
      throw new classes.InvalidArgument(
        `${fn.name}: expected ${count} arguments and options, got ${args.length}`,
      );
    }
    const options = args[count];
    return options === undefined ? NONE : callOptions(options, fn.name, count);
  }

  /** @param {FunctionCodec} fn @param {unknown[]} args @returns {Promise<unknown>} */
  #start(fn, args) {
    const options = this.#check(fn, args);
    const timeout = options.timeout === undefined ? NaN : timeoutNumber(options.timeout);
    const { signal } = options;
    if (signal?.aborted) throw signal.reason;
    const parent = currentCall()?.id ?? 0;
    return new Promise((resolve, reject) => {
      const call = new PendingCall(fn, resolve);
      const token = this.#send(fn, args, options, timeout, parent, call);
      if (signal === undefined) return;
      const abort = () => {
        native.giveUp(this.#id, token);
        runtime.forget(token);
        runtime.flushSoon();
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      call.unlisten = () => signal.removeEventListener('abort', abort);
    });
  }

  /**
   * Writes the arguments and hands them to the addon.
   *
   * @param {FunctionCodec} fn
   * @param {unknown[]} args
   * @param {CallOptions} options
   * @param {number} timeout
   * @param {number} parent
   * @param {PendingCall} call
   */
  #send(fn, args, options, timeout, parent, call) {
    try {
      return withWriter(this.#codec.limits, (w) => {
        fn.lowerArgs(w, args);
        const token = runtime.expect(call);
        const { idempotencyKey, traceparent } = options;
        if (idempotencyKey === undefined && traceparent === undefined) {
          native.call(this.#id, fn.index, w.buf, w.pos, timeout, token, parent);
        } else {
          native.callWith(
            ...[this.#id, fn.index, w.buf, w.pos, timeout, token, parent, idempotencyKey, traceparent],
          );
        }
        runtime.flushSoon();
        return token;
      });
    } catch (error) {
      throw fromFault(error);
    }
  }

  /** @param {FunctionCodec} fn @param {unknown[]} args */
  #block(fn, args) {
    const options = this.#check(fn, args);
    const timeout = timeoutNumber(options.timeout);
    const parent = currentCall()?.id ?? 0;
    this.#blocking ??= nativeCall(() => native.syncConnect(this.#id, this.#wanted, timeout, this.#settings));
    const blocking = this.#blocking;
    let ended;
    try {
      ended = withWriter(this.#codec.limits, (w) => {
        fn.lowerArgs(w, args);
        return nativeCall(() => native.syncCall(blocking, fn.index, w.buf, w.pos, timeout, parent));
      });
    } catch (error) {
      throw fromFault(error);
    }
    const body = Buffer.from(
      /** @type {ArrayBuffer} */ (ended.body.buffer),
      ended.body.byteOffset,
      ended.body.length,
    );
    const value = outcome(fn, ended.kind, body, 0, body.length);
    if (value instanceof Failure) raise(value);
    return value;
  }
}

/** @type {CallOptions} */
const NONE = Object.freeze({});

for (const dispose of [Symbol.dispose, Symbol.asyncDispose]) {
  if (dispose === undefined) continue;
  Object.defineProperty(Client.prototype, dispose, {
    /** @this {Client} */
    value() {
      this.close();
    },
  });
}

/** The class of a schema's clients: a method for each function. @param {Codec} codec */
function clientClass(codec) {
  // Named for stacks: `at Client.adjudicate`.
  const type = { Client: class extends Client {} }.Client;
  for (const fn of codec.functions) {
    // Members of resources come with resources; `call` reports them.
    if (fn.name.startsWith('[')) continue;
    Object.defineProperty(type.prototype, fn.local, {
      value: Client.method(fn),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return type;
}

/**
 * Connects to an interface.
 *
 * @param {string} name `hms:claims/adjudication`, with or without version.
 * @param {ConnectOptions} [options] `wit` is the caller's own contract, relative to the calling source file.
 * @returns {Promise<any>}
 */
function connect(name, options = {}) {
  const folder = options.wit === undefined ? '' : callerFolder(connect);
  return connecting(name, options, folder);
}

/** @param {string} name @param {ConnectOptions} options @param {string} folder */
async function connecting(name, options, folder) {
  runtime.start();
  const { signal, wit } = options;
  signal?.throwIfAborted();
  const settings = overrides(options);
  const view =
    wit === undefined ? -1 : nativeCall(() => native.loadSchema(contractPath(wit, folder), String(name)).id);
  const timeout = timeoutNumber(options.timeout);
  const parent = currentCall()?.id ?? 0;
  /** @type {number[]} */
  let limits = [];
  const id = await new Promise((resolve, reject) => {
    const abort = () => {
      runtime.forget(token);
      reject(signal?.reason);
    };
    const token = runtime.expect({
      ended(kind, body, first, end) {
        signal?.removeEventListener('abort', abort);
        resolve(
          kind === KIND.connected ? first : new Failure(KIND.system, runtime.errorIn(body, first, end)),
        );
      },
    });
    signal?.addEventListener('abort', abort, { once: true });
    try {
      limits = nativeCall(() => native.connect(token, String(name), view, timeout, parent, settings));
    } catch (error) {
      runtime.forget(token);
      throw error;
    }
    runtime.flushSoon();
  });
  if (id instanceof Failure) raise(id);
  const codec = codecOf(native.clientSchema(id), limits);
  const type = clientClass(codec);
  return new type(id, codec, String(name), settings);
}

/** Codecs of schemas that were seen, by their text and limits. @type {Map<string, Codec>} */
const codecs = new Map();
const MOST_CODECS = 64;

/** @param {string} json @param {number[]} limits */
function codecOf(json, limits) {
  const key = `${limits} ${json}`;
  let codec = codecs.get(key);
  if (codec === undefined) {
    codec = new Codec(JSON.parse(json), { limits: limitsOf(limits) });
    if (codecs.size >= MOST_CODECS) codecs.clear();
    codecs.set(key, codec);
  }
  return codec;
}

module.exports = { Client, codecOf, connect };
