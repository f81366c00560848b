'use strict';

const { callerFolder, contractPath } = require('./callsite.js');
const { codecOf } = require('./client.js');
const { DEFAULT_LIMITS } = require('./codec/writer.js');
const { CallContext, current } = require('./context.js');
const { DeclaredError, classes, fromFault, nativeCall, received } = require('./errors.js');
const { errorMap, exchangeOf } = require('./mapping.js');
const { native } = require('./native.js');
const { overrides } = require('./options.js');
const outbox = require('./outbox.js');
const runtime = require('./runtime.js');
const { Server, graceNumber } = require('./server.js');
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
    const bounds = [positive(maxConcurrent, 'maxConcurrent'), whole(queue, 'queue')];
    if (options.grace !== undefined) graceNumber(options.grace);
    runtime.start();
    const settings = overrides(options);
    const toError = errorMap(options.mapErrors);
    const loaded = nativeCall(() => native.loadSchema(contractPath(wit, this.#folder), this.#name));
    const codec = codecOf(
      loaded.json,
      nativeCall(() => native.limits(settings)),
    );
    const handlers = handlersOf(codec, exports);
    const started = nativeCall(() => native.serve([loaded.id], bounds[0], bounds[1], name, settings));
    const dispatcher = new Dispatcher(codec, handlers, exports, toError, maxConcurrent);
    return new Server(started.id, started.instance, dispatcher, options);
  }
}

/** @param {unknown} value @param {string} name */
function positive(value, name) {
  if (value === 0) throw new classes.InvalidArgument(`${name}: expected a positive whole number`);
  return whole(value, name);
}

/** @param {unknown} value @param {string} name */
function whole(value, name) {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32) return Number(value);
  throw new classes.InvalidArgument(`${name}: expected a whole number, got ${String(value)}`);
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
   * @param {number} most Handlers that may go on although their callers have gone, beside those that are waited for.
   */
  constructor(codec, handlers, self, toError, most) {
    this.codec = codec;
    this.handlers = handlers;
    this.self = self;
    this.toError = toError;
    this.most = most;
    /** Handlers that go on although their calls have been answered. */
    this.abandoned = 0;
    this.abandon = this.abandon.bind(this);
  }

  /**
   * A handler goes on although its caller no longer waits: its place is given to the next call. Not without end, or callers that give up
   * could start any number of handlers.
   *
   * @param {CallContext} context
   */
  abandon(context) {
    if (this.abandoned >= this.most) return;
    this.abandoned++;
    reply(outbox.beginReply(DEFAULT_LIMITS), KIND.cancelled, context);
  }

  /** Whether a handler that ended was abandoned. @param {CallContext} context */
  wasAbandoned(context) {
    if (!CallContext.isAnswered(context)) return false;
    this.abandoned--;
    return true;
  }

  /** @param {InboundCall} call @param {Buffer} body @param {number} first @param {number} end */
  called(call, body, first, end) {
    const fn = this.codec.functions[call.function];
    const handler = /** @type {Handler} */ (this.handlers[call.function]);
    const context = new CallContext(call, this.codec.schema.interface, fn.name, this.abandon);
    let result;
    let args;
    try {
      args = fn.liftArgs(body, first, end);
    } catch (error) {
      this.fail(fn, context, fromFault(error));
      return;
    }
    runtime.inbound.set(call.id, context);
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
    if (this.wasAbandoned(context)) return;
    const w = outbox.beginReply(this.codec.limits);
    try {
      fn.lowerOk(w, value);
    } catch (error) {
      outbox.undo(w);
      // What a provider returns and the contract does not allow is the provider's mistake.
      this.fail(fn, context, fromFault(error, 'internal'));
      return;
    }
    reply(w, KIND.ok, context);
  }

  /** @param {FunctionCodec} fn @param {CallContext} context @param {unknown} thrown */
  fail(fn, context, thrown) {
    if (this.wasAbandoned(context)) return;
    let error = thrown;
    if (fn.isDeclared && thrown instanceof DeclaredError && !received.has(thrown)) {
      const w = outbox.beginReply(this.codec.limits);
      try {
        fn.lowerErr(w, thrown.value);
        reply(w, KIND.declared, context);
        return;
      } catch (fault) {
        outbox.undo(w);
        error = fromFault(fault, 'internal');
      }
    }
    const exchange = exchangeOf(error, context, this.toError);
    const w = outbox.beginReply(DEFAULT_LIMITS);
    if (exchange !== undefined) w.raw(Buffer.from(JSON.stringify(exchange)));
    reply(w, exchange === undefined ? KIND.cancelled : KIND.system, context);
  }
}

/** @param {import('./codec/writer.js').Writer} w @param {number} kind @param {CallContext} context */
function reply(w, kind, context) {
  const id = CallContext.id(context);
  runtime.inbound.delete(id);
  CallContext.answered(context);
  outbox.reply(w, kind, id);
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
