/** Call functions of other languages on this machine as if they were local, and provide functions to them. */

/** One of the sixteen canonical status codes. */
export type Code =
  | 'cancelled'
  | 'unknown'
  | 'invalid-argument'
  | 'deadline-exceeded'
  | 'not-found'
  | 'already-exists'
  | 'permission-denied'
  | 'resource-exhausted'
  | 'failed-precondition'
  | 'aborted'
  | 'out-of-range'
  | 'unimplemented'
  | 'internal'
  | 'unavailable'
  | 'data-loss'
  | 'unauthenticated';

// ---- Values

/** A point in time with nanoseconds. `structuredClone`, `new Date(…)` and the setters leave whole milliseconds. */
export class Timestamp extends Date {
  /** Milliseconds since 1970, an RFC 3339 text with up to nine decimals, a Date, or nanoseconds as a bigint. Nothing is now. */
  constructor(value?: number | string | Date | bigint);
  static fromParts(seconds: number, nanoseconds: number): Timestamp;
  static fromEpochNanoseconds(nanoseconds: bigint): Timestamp;
  /** Negative, zero or positive, by nanoseconds. */
  static compare(a: Date, b: Date): number;
  /** Within the second, 0 to 999999999. */
  readonly nanoseconds: number;
  /** Whole seconds since 1970, rounded down. */
  readonly epochSeconds: number;
  readonly epochNanoseconds: bigint;
  equals(other: Date): boolean;
}

/** A point in time and the offset from UTC, in minutes, at which it was written. */
export class ZonedTimestamp {
  constructor(instant: Timestamp | Date | bigint | string, offset?: number);
  /** RFC 3339 with its offset, `2024-02-29T12:30:00+02:00`. */
  static parse(text: string): ZonedTimestamp;
  readonly instant: Timestamp;
  readonly offset: number;
  toString(): string;
  toJSON(): string;
}

/** A span of time: seconds, which may be negative, plus nanoseconds that always count forwards. */
export class Duration {
  constructor(seconds: bigint | number, nanoseconds?: number);
  static fromNanoseconds(total: bigint): Duration;
  static fromMilliseconds(milliseconds: number): Duration;
  /** Such as `1.5s` or `-0.25s`. */
  static parse(text: string): Duration;
  readonly seconds: bigint;
  readonly nanoseconds: number;
  readonly totalNanoseconds: bigint;
  readonly totalMilliseconds: number;
  toString(): string;
  toJSON(): string;
}

/** An exact decimal number. Its scale is part of it: 1.10 stays 1.10. */
export class Decimal {
  constructor(value: string | bigint | Decimal);
  /** `unscaled` divided by ten `scale` times. */
  static fromUnscaled(unscaled: bigint, scale: number): Decimal;
  /** By value: 1.0 equals 1.00. */
  static compare(a: Decimal | bigint | string, b: Decimal | bigint | string): number;
  readonly text: string;
  readonly scale: number;
  readonly unscaled: bigint;
  /** The same text, scale included. */
  equals(other: Decimal | bigint | string): boolean;
  plus(other: Decimal | bigint | string): Decimal;
  minus(other: Decimal | bigint | string): Decimal;
  times(other: Decimal | bigint | string): Decimal;
  /** The nearest number: not exact. */
  toNumber(): number;
  toString(): string;
  toJSON(): string;
}

/** A whole float within a document, where 1.0 and 1 differ. It calculates and prints like a number. */
export class Float extends Number {}

/** The JSON mapping of a value: exact with a type of `client.types`, else as well as the value alone tells. */
export function toJSON(value: unknown, type?: ContractType): any;

// ---- Errors

/** A place that a failing call went through. */
export interface Frame {
  readonly language: string;
  /** The interface that was being served, or the program. */
  readonly component: string;
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

export interface ErrorOptions {
  /** More about it, as plain values. */
  details?: unknown;
  /** Whether trying again makes sense; without it the code decides. */
  retry?: boolean;
  cause?: unknown;
}

/** Everything that can go wrong with a call. */
export class HmsError extends Error {
  constructor(message?: string, options?: ErrorOptions);
  /** Undefined for a declared error. */
  readonly code: Code | undefined;
  readonly details: unknown;
  /** Whether the provider may have run the call. */
  readonly sent: 'not-sent' | 'maybe-executed';
  /** Every hop, outermost first; the stack shows it too. */
  readonly trace: readonly Frame[];
  readonly isRetryable: boolean;
}

/** An error that the contract declares. */
export class DeclaredError<E = any> extends HmsError {
  constructor(value?: E, options?: ErrorOptions & { message?: string });
  readonly value: E;
}

export class Cancelled extends HmsError {}
export class Unknown extends HmsError {}
export class InvalidArgument extends HmsError {}
export class DeadlineExceeded extends HmsError {}
export class NotFound extends HmsError {}
export class AlreadyExists extends HmsError {}
export class PermissionDenied extends HmsError {}
export class ResourceExhausted extends HmsError {}
export class FailedPrecondition extends HmsError {}
export class Aborted extends HmsError {}
export class OutOfRange extends HmsError {}
export class Unimplemented extends HmsError {}
export class Internal extends HmsError {}
export class Unavailable extends HmsError {}
export class DataLoss extends HmsError {}
export class Unauthenticated extends HmsError {}

// ---- Calling

/** Options that win over the environment. */
export interface Settings {
  /** HMS_RUNTIME_DIR */
  runtimeDir?: string;
  /** HMS_TRANSPORT */
  transport?: 'auto' | 'shm' | 'socket';
  /** HMS_TIMEOUT, here in milliseconds: how long calls may take unless they say otherwise. null or Infinity for no deadline. */
  timeout?: number | null;
  /** HMS_MAX_MESSAGE: bytes. */
  maxMessage?: number;
  /** HMS_MAX_DEPTH */
  maxDepth?: number;
  /** HMS_MAX_ELEMENTS */
  maxElements?: number;
  /** HMS_MAX_CALLS */
  maxCalls?: number;
  /** HMS_RETRIES: further attempts of calls that no handler has seen and of idempotent ones; 0 for none. */
  retries?: number;
  /** HMS_TRUSTED_USERS: user ids. */
  trustedUsers?: number[];
}

export interface ConnectOptions extends Settings {
  /** The caller's own contract: a path relative to the calling source file, or a file URL. */
  wit?: string | URL;
  signal?: AbortSignal;
}

/** Options of one call, behind its arguments. */
export interface CallOptions {
  /** Milliseconds; null or Infinity for no deadline. */
  timeout?: number | null;
  /** Cancels the call, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** So that the provider can tell a repetition from a new request. */
  idempotencyKey?: string;
  /** W3C trace context. */
  traceparent?: string;
}

/** A named type of an interface. */
export interface ContractType {
  /** As in WIT. */
  readonly name: string;
  readonly owner: string | undefined;
  readonly kind: string;
  /** Cases, flags, or the fields in JavaScript. */
  readonly members: readonly string[];
  /** Throws an InvalidArgument that names the place unless the value is of this type. */
  check(value: unknown): void;
  /** The JSON mapping. */
  toJSON(value: unknown): any;
}

declare const result: unique symbol;

/** A call of a batch, whose result will be a `T`. It is sent when the function that describes the batch has returned it; it cannot be awaited. */
export interface BoundCall<T = any> {
  readonly [result]: T;
}

/** What describes a batch without generated types: every function of the interface, and `call` for the names of the contract. */
export interface Batch {
  readonly [name: string]: (...args: any[]) => BoundCall;
}

/** The calls of a batch, in order. */
export type BatchCalls = Iterable<BoundCall<any>>;

/** How the calls of a batch ended, in their order: a tuple for a tuple. */
export type BatchResults<C extends BatchCalls> = C extends readonly unknown[]
  ? { -readonly [K in keyof C]: PromiseSettledResult<C[K] extends BoundCall<infer T> ? T : never> }
  : C extends Iterable<BoundCall<infer T>>
    ? PromiseSettledResult<T>[]
    : never;

/** How the calls of a client went. */
export interface ClientMetrics {
  readonly calls: number;
  /** Attempts beyond the first ones. */
  readonly retries: number;
  /** Those of them that were made because a link was lost or a provider left. */
  readonly failovers: number;
  /** Calls that were not tried again because too many of late had been. */
  readonly retriesRefused: number;
  /** Instances that calls go to now. */
  readonly instances: number;
  /** Those of them that rest because they kept failing. */
  readonly resting: number;
}

/** What every client has beside the functions of its interface. */
export interface ClientMembers {
  readonly schema: {
    readonly interface: string;
    readonly fingerprint: string;
    readonly docs?: string;
    readonly wit?: string;
  };
  /** The named types by their JavaScript names. */
  readonly types: Readonly<Record<string, ContractType>>;
  /** Calls a function by its name in the contract. */
  call(name: string, ...args: unknown[]): Promise<any>;
  /**
   * Many calls at once, sent together: `client.batch((b) => many.map((claim) => b.adjudicate(claim)))`. The results are in the order of
   * the calls, and a call that fails is a rejected result. There may be more calls than may be in flight: the others wait their turn.
   * `options` are for the calls that have none of their own.
   */
  batch<const B = Batch, const C extends BatchCalls = BatchCalls>(
    describe: (batch: B) => C | Promise<C>,
    options?: CallOptions,
  ): Promise<BatchResults<C>>;
  /** How the calls of this client went, those of `sync` apart. */
  metrics(): ClientMetrics;
  /** Ends the client: calls that run end with `cancelled`, later ones with `failed-precondition`. */
  close(): void;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A client without generated types: every function of the interface is a method. */
export interface Client extends ClientMembers {
  /** The same functions, which block the event loop until they end: for scripts. */
  readonly sync: Readonly<Record<string, (...args: any[]) => any>>;
  // The functions of the contract, which this file cannot know.
  readonly [name: string]: any;
}

/** Connects to an interface, named with or without version. */
export function connect<C = Client>(name: string, options?: ConnectOptions): Promise<C>;

// ---- Providing

/** What a handler knows of its call: its last argument. */
export interface CallContext {
  readonly interface: string;
  /** As in WIT. */
  readonly function: string;
  /** According to the kernel. */
  readonly caller: { readonly uid: number; readonly gid: number; readonly pid: number };
  /** Aborted when the caller no longer waits. */
  readonly signal: AbortSignal;
  /** Undefined without a deadline. */
  readonly deadline: Date | undefined;
  /** Milliseconds until the deadline; undefined without one. */
  readonly remaining: number | undefined;
  readonly isLate: boolean;
  readonly isCancelled: boolean;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly idempotencyKey: string | undefined;
}

/** The call that the current code serves, if it serves one. */
export function currentCall(): CallContext | undefined;

/** Codes for a provider's own exceptions: pairs of class and code, or a function. */
export type ErrorMapping =
  | Iterable<readonly [abstract new (...args: any[]) => unknown, Code | typeof HmsError]>
  | ((error: unknown) => Code | typeof HmsError | HmsError | undefined);

export interface ComponentOptions<E extends object = object> extends Settings {
  /** The contract: a path relative to the calling source file, or a file URL. */
  wit: string | URL;
  /** The handlers: an object of functions, or an instance of a class. They get the arguments and a CallContext. */
  exports: E;
  mapErrors?: ErrorMapping;
  /** Calls that run at once, 64 by default. */
  maxConcurrent?: number;
  /** Calls that may wait beyond these, 1024 by default; more are refused with `resource-exhausted`. */
  queue?: number;
  /** The program's name, for people. */
  name?: string;
  /** Milliseconds that running calls get when the server is closed, 10000 by default. */
  grace?: number;
  /** Whether SIGTERM and SIGINT close it and then end the process; by default in the main thread. */
  signals?: boolean;
}

export interface Component {
  /** Listens; callers find the instance when the promise resolves. */
  serve(): Promise<Server>;
}

/** A running instance. It keeps the process alive. */
export interface Server {
  /** The instance's random name. */
  readonly instance: string;
  /** Resolves when the server is closed. */
  readonly closed: Promise<void>;
  /** Leaves discovery, lets the running calls end within the grace period (milliseconds), cancels the others, and closes. */
  close(options?: { grace?: number }): Promise<void>;
  ref(): this;
  unref(): this;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Something that provides an interface. */
export function component<E extends object = any>(name: string, options: ComponentOptions<E>): Component;

/** Bytes that the native part holds now, in all threads of the process: a leak shows here. */
export function liveNativeBytes(): number;
