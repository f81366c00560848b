'use strict';

const assert = require('node:assert/strict');
const { fork } = require('node:child_process');
const { mkdirSync, mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { after } = require('node:test');

/**
 * A runtime directory of this file's own, for it and for its child processes; one with a name lies beside it and is used by those who say so.
 *
 * @param {string} [name]
 */
function useRuntimeDir(name) {
  if (name !== undefined) {
    const dir = join(String(process.env.HMS_RUNTIME_DIR), name);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return dir;
  }
  const dir = mkdtempSync(join(tmpdir(), 'hms-node-'));
  process.env.HMS_RUNTIME_DIR = dir;
  after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** The error that a call ends with. @param {Promise<unknown>} call @returns {Promise<any>} */
const errorOf = (call) =>
  call.then(
    (value) => assert.fail(`expected an error, got ${String(value)}`),
    (error) => error,
  );

/** Handlers of all functions of `service` that can be called. @param {object} [some] */
const handlers = (some = {}) => ({
  echo: (/** @type {string} */ text) => text,
  ...{ echoClaim() {}, adjudicate() {}, echoAwkward() {}, optional() {}, nothing() {}, then_() {} },
  ...{ throw_() {}, wait() {}, meet() {}, describe: () => null, nested: () => null, kill() {}, convert() {} },
  ...some,
});

/**
 * Runs a program of `programs/`.
 *
 * @param {string} name
 * @param {{ args?: string[], nodeArgs?: string[], env?: Record<string, string> }} [options]
 */
function run(name, { args = [], nodeArgs = [], env = {} } = {}) {
  const child = fork(join(__dirname, 'programs', name), args, {
    execArgv: nodeArgs,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let output = '';
  child.stdout?.on('data', (chunk) => (output += chunk));
  child.stderr?.on('data', (chunk) => (output += chunk));
  /** @type {Promise<{ code: number | null, signal: string | null, output: string }>} */
  const ended = new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, output }));
  });
  /** @type {any[]} */
  const messages = [];
  let told = () => {};
  child.on('message', (message) => {
    messages.push(message);
    told();
  });
  /** Its next message, which may have come already; an error if it ends first. */
  const message = async () => {
    while (messages.length === 0) {
      const another = new Promise((resolve) => (told = () => resolve(true)));
      if (!(await Promise.race([another, ended.then(() => messages.length > 0)]))) {
        throw new Error(`${name} ended: ${output}`);
      }
    }
    return messages.shift();
  };
  return { child, ended, message };
}

/** A provider in a process of its own, ready to be called. @param {Record<string, string>} [env] */
async function provider(env) {
  const running = run('provider.mjs', { env });
  await running.message();
  return running;
}

/** @param {ReturnType<typeof run>} program */
async function stop({ child, ended }) {
  child.kill('SIGTERM');
  return ended;
}

module.exports = { errorOf, handlers, provider, run, stop, useRuntimeDir };
