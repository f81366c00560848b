'use strict';

const { fork } = require('node:child_process');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { after } = require('node:test');

/** A runtime directory of this file's own, for it and for its child processes. */
function useRuntimeDir() {
  const dir = mkdtempSync(join(tmpdir(), 'hms-node-'));
  process.env.HMS_RUNTIME_DIR = dir;
  after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

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
  /** Its next message; an error if it ends first. */
  const message = () =>
    Promise.race([
      new Promise((resolve) => child.once('message', resolve)),
      ended.then(({ output: text }) => Promise.reject(new Error(`${name} ended: ${text}`))),
    ]);
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

module.exports = { provider, run, stop, useRuntimeDir };
