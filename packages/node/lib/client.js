'use strict';

const { checkSignal } = require('./aborts.js');
const { Batch, BoundCall, sendAll, settledResult } = require('./batch.js');
const { callerFolder, contractPath } = require('./callsite.js');
const { Codec } = require('./codec/codec.js');
const { withWriter } = require('./codec/writer.js');
const { currentCall, currentId } = require('./context.js');
const { classes, fromFault, nativeCall } = require('./errors.js');
const { native } = require('./native.js');
const { callOptions, checkTexts, limitsOf, optionalText, overrides, timeoutNumber } = require('./options.js');
const outbox = require('./outbox.js');
const { Failure, PromisedCall, errorOf, outcome } = require('./pending.js');
const runtime = require('./runtime.js');
const { program } = require('./trace.js');
const { typesOf } = require('./types.js');

/**
 * @typedef {import('./codec/codec.js').FunctionCodec} FunctionCodec
 * @typedef {import('./options.js').CallOptions} CallOptions
 * @typedef {import('./options.js').Settings} Settings
 * @typedef {Settings & { wit?: string | URL, signal?: AbortSignal }} ConnectOptions
 */

const { KIND } = runtime;

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
  call(name, ...args) {
    return this.#start(() => this.#find(name), args);
  }

  /**
   * Many calls at once, sent together. The results are in the order of the calls; a call that fails is a rejected result. A batch may
   * have more calls than may be in flight: the others wait for their turn.
   *
   * @param {(batch: any) => unknown} describe Gets the functions of the interface, whose calls it returns as an array.
   * @param {CallOptions} [options] For the calls that do not have the option themselves.
   * @returns {Promise<PromiseSettledResult<any>[]>}
   */
  async batch(describe, options) {
    if (typeof describe !== 'function') {
      throw new classes.InvalidArgument('batch: expected a function that returns calls');
    }
    const shared = options === undefined ? NONE : callOptions(options, 'batch', 1);
    this.#checkOpen();
    const batch = new Batch();
    const described = describe(this.#batchOf(batch));
    const calls = batch.finish(isPromise(described) ? await described : described);
    const values = await sendAll(calls, (bound, call) => {
      const { fn, args } = bound;
      const own = this.#check(fn, args);
      this.#send(fn, args, shared === NONE ? own : { ...shared, ...own }, call, true);
    });
    return values.map(settledResult);
  }

  /** How the calls of this client went, those of `sync` apart. */
  metrics() {
    this.#checkOpen();
    outbox.submit();
    return nativeCall(() => native.clientMetrics(this.#id));
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
    outbox.submit();
    nativeCall(() => native.closeClient(this.#id));
    if (this.#blocking !== undefined) native.closeSyncClient(this.#blocking);
    runtime.flushSoon();
  }

  /** A method of the client's class. @param {FunctionCodec} fn */
  static method(fn) {
    const method = {
      /** @this {Client} @param {unknown[]} args */
      [fn.local](...args) {
        return this.#start(fn, args);
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

  /** What describes calls: the functions of the interface, and `call`. @param {Batch} batch */
  #batchOf(batch) {
    /** @type {Record<string, (...args: any[]) => unknown>} */
    const functions = Object.create(null);
    for (const fn of this.#codec.functions) {
      if (!fn.name.startsWith('[')) functions[fn.local] = (...args) => batch.bind(fn, args);
    }
    functions.call ??= (name, ...args) => batch.bind(this.#find(name), args);
    return functions;
  }

  #checkOpen() {
    if (this.#isClosed) {
      throw new classes.FailedPrecondition(`the client of ${this.#codec.schema.interface} was closed`);
    }
  }

  /** @param {FunctionCodec} fn @param {unknown[]} args @returns {CallOptions} */
  #check(fn, args) {
    this.#checkOpen();
    if (fn.uncallable !== undefined) {
      const { interface: iface } = this.#codec.schema;
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

  /** What is thrown here rejects the promise. @param {FunctionCodec | (() => FunctionCodec)} which @param {unknown[]} args @returns {Promise<any>} */
  #start(which, args) {
    return new Promise((resolve) => {
      const fn = typeof which === 'function' ? which() : which;
      const options = this.#check(fn, args);
      this.#send(fn, args, options, new PromisedCall(fn, resolve), false);
    });
  }

  /**
   * Writes a call into the outbox.
   *
   * @param {FunctionCodec} fn
   * @param {unknown[]} args
   * @param {CallOptions} options
   * @param {import('./pending.js').PendingCall} call
   * @param {boolean} waits Whether it waits for room under the quota of calls in flight.
   */
  #send(fn, args, options, call, waits) {
    const timeout = options.timeout === undefined ? NaN : timeoutNumber(options.timeout);
    const signal = checkSignal(options.signal, fn.name);
    if (signal?.aborted) throw signal.reason;
    const w = outbox.beginCall(this.#codec.limits, optionalText(options));
    try {
      fn.lowerArgs(w, args);
    } catch (error) {
      outbox.undo(w);
      throw fromFault(error);
    }
    const token = runtime.expect(call);
    outbox.call(w, token, this.#id, fn.index, timeout, currentId(), waits);
    call.sent(this.#id, token, signal);
    runtime.flushSoon();
  }

  /** @param {FunctionCodec} fn @param {unknown[]} args */
  #block(fn, args) {
    const options = this.#check(fn, args);
    const timeout = timeoutNumber(options.timeout);
    const { idempotencyKey, traceparent } = checkTexts(options);
    // Nothing can abort it while it blocks, but it may have been aborted before.
    const signal = checkSignal(options.signal, fn.name);
    if (signal?.aborted) throw signal.reason;
    const parent = currentId();
    this.#blocking ??= nativeCall(() => native.syncConnect(this.#id, this.#wanted, timeout, this.#settings));
    const blocking = this.#blocking;
    let ended;
    try {
      ended = withWriter(this.#codec.limits, (w) => {
        fn.lowerArgs(w, args);
        return nativeCall(() =>
          native.syncCall(
            ...[blocking, fn.index, w.buf, w.pos, timeout, parent, idempotencyKey, traceparent],
          ),
        );
      });
    } catch (error) {
      throw fromFault(error);
    }
    const body = Buffer.from(
      /** @type {ArrayBuffer} */ (ended.body.buffer),
      ended.body.byteOffset,
      ended.body.length,
    );
    const value = outcome(fn, ended.kind, body, 0, body.length, currentCall()?.interface ?? program);
    if (value instanceof Failure) throw errorOf(value);
    return value;
  }
}

/** @type {CallOptions} */
const NONE = Object.freeze({});

/** @param {unknown} value @returns {value is PromiseLike<unknown>} */
const isPromise = (value) =>
  typeof (/** @type {any} */ (value)?.then) === 'function' && !(value instanceof BoundCall);

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
  const { wit } = options;
  const signal = checkSignal(options.signal, 'connect');
  if (signal?.aborted) throw signal.reason;
  const settings = overrides(options);
  const view =
    wit === undefined ? -1 : nativeCall(() => native.loadSchema(contractPath(wit, folder), String(name)).id);
  const timeout = timeoutNumber(options.timeout);
  const parent = currentId();
  const component = currentCall()?.interface ?? program;
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
          kind === KIND.connected
            ? first
            : new Failure(KIND.system, runtime.errorIn(body, first, end), component),
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
  if (id instanceof Failure) throw errorOf(id);
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
