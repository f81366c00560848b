// What the caller counts, and how it tells the runner.
import { openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { DeclaredError, HmsError } from './ffi.mjs';

export const codeOf = (error) =>
  error instanceof DeclaredError ? 'declared' : error instanceof HmsError ? error.code : 'wrong';

export class Tally {
  #name;
  #log;
  #ends = {};
  #latency = {};
  #slowest = 0;
  #lost = 0;
  #notes = 0;
  #attempts = {};

  constructor(name) {
    this.#name = name;
    this.#log = openSync(`${process.env.SOAK_LEDGER}/outcomes-${name}`, 'w');
  }

  /** One call ended as it may; `milliseconds` is how long it took, where that counts. */
  ended(kind, how, milliseconds) {
    const end = `${kind} ${how}`;
    this.#ends[end] = (this.#ends[end] ?? 0) + 1;
    if (milliseconds !== undefined) {
      const bucket = Math.floor(4 * Math.log2(Math.max(milliseconds * 1000, 1)));
      this.#latency[bucket] = (this.#latency[bucket] ?? 0) + 1;
      this.#slowest = Math.max(this.#slowest, milliseconds / 1000);
    }
  }

  /** An idempotent call failed, or was answered wrongly. */
  lost(kind, error, milliseconds) {
    this.#lost++;
    this.ended(kind, `lost ${codeOf(error)}`);
    const said = String(error?.message ?? error).replaceAll('\n', ' ');
    console.error(`lost ${this.#name} ${kind} after ${milliseconds.toFixed()} ms: ${codeOf(error)} ${said}`);
  }

  /** A new id for `note`. */
  nextNote() {
    return `${this.#name}-${++this.#notes}`;
  }

  /** How a `note` ended, to be compared with what the providers have recorded. */
  noted(id, error) {
    const how = error === undefined ? 'ok' : error.sent === 'not-sent' ? 'not' : 'maybe';
    this.ended('note', error === undefined ? how : `${how} ${codeOf(error)}`);
    writeSync(this.#log, `${id} ${how}\n`);
  }

  #report(final) {
    const [lost, ends, latency, slowest] = [this.#lost, this.#ends, this.#latency, this.#slowest];
    console.log(JSON.stringify({ lost, ends, latency, slowest, attempts: this.#attempts, final }));
  }

  /**
   * Reports every second until the runner says stop, and once more when all workers have ended; then waits for the end
   * of standard input, since others may still call back.
   */
  async runUntilStopped(client, stop, workers) {
    const input = createInterface({ input: process.stdin });
    const closed = new Promise((resolve) => input.once('close', resolve));
    const timer = setInterval(() => this.#report(false), 1000);
    await new Promise((resolve) => input.once('line', resolve).once('close', resolve));
    clearInterval(timer);
    stop();
    await Promise.all(workers);
    const { retries, failovers, retriesRefused } = client.metrics();
    this.#attempts = { retries, failovers, retries_refused: retriesRefused };
    this.#report(true);
    await closed;
  }
}
