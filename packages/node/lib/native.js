'use strict';

const { existsSync } = require('node:fs');
const { join } = require('node:path');

/**
 * The native addon: what crosses is numbers, texts and bytes. `crates/node` describes each function.
 *
 * @typedef {object} Native
 * @property {(onReadable: () => void, withoutLibuv: boolean) => void} start
 * @property {() => boolean} usesLibuv
 * @property {(alive: boolean) => void} keepAlive
 * @property {(outbox: Uint8Array, length: number) => void} submit
 * @property {(outbox: Uint8Array, length: number) => boolean} flush
 * @property {(inbox: Uint8Array) => number} turn
 * @property {(key: number) => Uint8Array} takeBody
 * @property {() => number} liveBytes
 * @property {() => { name: string, className: string, temporary: boolean }[]} codes
 * @property {(path: string, iface: string) => { id: number, json: string }} loadSchema
 * @property {(token: number, iface: string, view: number, timeout: number, parent: number, overrides: string) => number[]} connect
 * @property {(client: number) => string} clientSchema
 * @property {(client: number) => import('../index.js').ClientMetrics} clientMetrics
 * @property {(client: number) => void} closeClient
 * @property {(client: number, iface: string, timeout: number, overrides: string) => number} syncConnect
 * @property {(client: number, fn: number, bytes: Uint8Array, length: number, timeout: number, parent: number, idempotencyKey?: string, traceparent?: string) => { kind: number, body: Uint8Array }} syncCall
 * @property {(client: number) => void} closeSyncClient
 * @property {(overrides: string) => number[]} limits
 * @property {(schemas: number[], maxConcurrent: number, queue: number, name: string, overrides: string) => { id: number, instance: string }} serve
 * @property {(server: number) => void} stopAccepting
 * @property {(server: number) => number} inFlight
 * @property {(server: number) => void} closeServer
 */

const platform = `${process.platform}-${process.arch}`;
/** A package may hold the addon for both C libraries of Linux; only one of them loads. */
const candidates = process.platform === 'linux' ? [`${platform}-gnu`, `${platform}-musl`] : [platform];

/** @returns {Native} */
function load() {
  const paths = candidates.map((name) => join(__dirname, '..', `hms_ffi.${name}.node`));
  /** @type {unknown} */
  let reason = `there is no ${paths.join(' or ')}`;
  for (const path of paths.filter((path) => existsSync(path))) {
    try {
      return require(path);
    } catch (error) {
      reason = error;
    }
  }
  throw new Error(`@hms/ffi has no addon that loads on ${platform}: ${reason}`, { cause: reason });
}

module.exports = { native: load() };
