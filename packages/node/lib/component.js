'use strict';

const { callerFolder, contractPath } = require('./callsite.js');
const { codecOf } = require('./client.js');
const { withWriter } = require('./codec/writer.js');
const { CallContext, current } = require('./context.js');
const { DeclaredError, classes, fromFault, nativeCall, received } = require('./errors.js');
const { errorMap, exchangeOf } = require('./mapping.js');
const { native } = require('./native.js');
const { overrides } = require('./options.js');
const runtime = require('./runtime.js');
const { Server } = require('./server.js');
const { program } = require('./trace.js');

/**
 * @typedef {import('./codec/codec.js').Codec} Codec
 * @typedef {import('./codec/codec.js').FunctionCodec} FunctionCodec
 * @typedef {import('./options.js').Settings} Settings
 * @typedef {import('./runtime.js').InboundCall} InboundCall
 * @typedef {(...args: any[]) => unknown} Handler
 *
 * @typedef {object} OwnOptions
 * @property {string | URL} wit The contract, relative to the calling source file.
 * @property {object} exports The handlers: an object of functions, or an instance of a class.
 * @property {import('./mapping.js').ErrorMapping} [mapErrors] Codes for the provider's own exceptions.
 * @property {number} [maxConcurrent] Calls that run at once.
 * @property {number} [queue] Calls that may wait beyond these.
 * @property {string} [name] The program's name, for people.
 * @property {number} [grace] Milliseconds that running calls get when the server is closed.
 * @property {boolean} [signals] Whether SIGTERM and SIGINT close it; true unless it serves in a worker thread.
 *
 * @typedef {OwnOptions & Settings} ComponentOptions
 */

const KIND = runtime.KIND;
const EMPTY = new Uint8Array(0);

/** What provides one interface. */
class Component {
  #options;
  #folder;
  #name;

  /** @param {string} name @param {ComponentOptions} options @param {string} folder */
  constructor(name, options, folder) {
    this.#name = String(name);
    this.#options = options;
    this.#folder = folder;
  }

  /**
   * Listens; callers find the instance when the promise resolves.
   *
   * @returns {Promise<Server>}
   */
  async serve() {
    const options = this.#options;
    const { wit, exports, maxConcurrent = 64, queue = 1024, name = program } = options;
    if (wit === undefined) throw new classes.InvalidArgument('wit: a component needs its contract');
    if (typeof exports !== 'object' || exports === null) {
      throw new classes.InvalidArgument('exports: expected an object of functions');
    }
    runtime.start();
    const settings = overrides(options);
    const toError = errorMap(options.mapErrors);
    const loaded = nativeCall(() => native.loadSchema(contractPath(wit, this.#folder), this.#name));
    const codec = codecOf(
      loaded.json,
      nativeCall(() => native.limits(settings)),
    );
    const handlers = handlersOf(codec, exports);
    const started = nativeCall(() =>
      native.serve([loaded.id], positive(maxConcurrent, 'maxConcurrent'), queue, name, settings),
    );
    const dispatcher = new Dispatcher(codec, handlers, exports, toError);
    return new Server(started.id, started.instance, dispatcher, options);
  }
}

/** @param {unknown} value @param {string} name */
function positive(value, name) {
  if (Number.isSafeInteger(value) && Number(value) > 0) return Number(value);
  throw new classes.InvalidArgument(`${name}: expected a positive whole number`);
}

/**
 * The handler of each function: own members of an object, and those that its own classes define.
 *
 * @param {Codec} codec
 * @param {any} exports
 * @returns {(Handler | undefined)[]}
 */
function handlersOf(codec, exports) {
  const handlers = codec.functions.map((fn) => {
    const handler = own(exports, fn.local) ?? own(exports, fn.name);
    return typeof handler === 'function' ? /** @type {Handler} */ (handler) : undefined;
  });
  const missing = codec.functions.filter((fn, i) => fn.uncallable === undefined && handlers[i] === undefined);
  if (missing.length > 0) {
    const names = missing.map((fn) => fn.local).join(', ');
    throw new classes.FailedPrecondition(
      `exports: ${codec.schema.interface} also needs the functions ${names}`,
    );
  }
  return handlers;
}

/** A member that an object or one of its own classes has, not one that every object has. @param {any} object @param {string} name */
function own(object, name) {
  for (let at = object; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, name)) return name === 'constructor' && at !== object ? undefined : object[name];
  }
  return undefined;
}

/** Runs the handlers of one served interface. */
class Dispatcher {
  /**
   * @param {Codec} codec
   * @param {(Handler | undefined)[]} handlers
   * @param {object} self
   * @param {(error: unknown) => import('./errors.js').HmsError | undefined} toError
   */
  constructor(codec, handlers, self, toError) {
    this.codec = codec;
    this.handlers = handlers;
    this.self = self;
    this.toError = toError;
  }

  /** @param {InboundCall} call @param {Buffer} body @param {number} first @param {number} end */
  called(call, body, first, end) {
    const fn = this.codec.functions[call.function];
    const handler = /** @type {Handler} */ (this.handlers[call.function]);
    const context = new CallContext(call, this.codec.schema.interface, fn.name);
    let result;
    let args;
    try {
      args = fn.liftArgs(body, first, end);
    } catch (error) {
      this.fail(fn, context, fromFault(error));
      return;
    }
    runtime.cancellations.set(call.id, (late) => context.end(late));
    args.push(context);
    try {
      result = current.run(context, () => Reflect.apply(handler, this.self, args));
    } catch (error) {
      this.fail(fn, context, error);
      return;
    }
    if (typeof (/** @type {any} */ (result)?.then) === 'function') {
      /** @type {PromiseLike<unknown>} */ (result).then(
        (value) => this.answer(fn, context, value),
        (error) => this.fail(fn, context, error),
      );
    } else {
      this.answer(fn, context, result);
    }
  }

  /** @param {FunctionCodec} fn @param {CallContext} context @param {unknown} value */
  answer(fn, context, value) {
    try {
      withWriter(this.codec.limits, (w) => {
        fn.lowerOk(w, value);
        reply(context, KIND.ok, w.buf, w.pos);
      });
    } catch (error) {
      // What a provider returns and the contract does not allow is the provider's mistake.
      this.fail(fn, context, fromFault(error, 'internal'));
    }
  }

  /** @param {FunctionCodec} fn @param {CallContext} context @param {unknown} thrown */
  fail(fn, context, thrown) {
    let error = thrown;
    try {
      if (fn.isDeclared && thrown instanceof DeclaredError && !received.has(thrown)) {
        withWriter(this.codec.limits, (w) => {
          fn.lowerErr(w, thrown.value);
          reply(context, KIND.declared, w.buf, w.pos);
        });
        return;
      }
    } catch (fault) {
      error = fromFault(fault, 'internal');
    }
    const exchange = exchangeOf(error, context, this.toError);
    if (exchange === undefined) {
      reply(context, KIND.cancelled, EMPTY, 0);
      return;
    }
    const json = Buffer.from(JSON.stringify(exchange));
    reply(context, KIND.system, json, json.length);
  }
}

/** @param {CallContext} context @param {number} kind @param {Uint8Array} bytes @param {number} length */
function reply(context, kind, bytes, length) {
  runtime.cancellations.delete(context.id);
  native.reply(context.id, kind, bytes, length);
  runtime.flushSoon();
}

/**
 * Something that provides an interface; `serve()` starts it.
 *
 * @param {string} name `hms:claims/adjudication`, with or without version.
 * @param {ComponentOptions} options
 */
function component(name, options) {
  return new Component(name, options, callerFolder(component));
}

module.exports = { Component, component };
