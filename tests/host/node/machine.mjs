// Programs of this folder, each in a process of its own, and what the machine knows of them.
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

const dir = mkdtempSync(join(tmpdir(), 'hms-host-'));
process.env.HMS_RUNTIME_DIR = dir;
const children = new Set();
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** A runtime directory beside that of this file. */
export function runtimeDir(name) {
  const path = join(dir, name);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

/** Starts a program. `message()` is its next message, which may have come already, and fails if it ends first. */
export function start(name, { args = [], env = {} } = {}) {
  const path = fileURLToPath(new URL(`programs/${name}`, import.meta.url));
  const child = fork(path, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, output })),
  );
  const messages = [];
  let told = () => {};
  child.on('message', (message) => {
    messages.push(message);
    told();
  });
  const message = async () => {
    while (messages.length === 0) {
      const another = new Promise((resolve) => (told = resolve));
      await Promise.race([another, ended]);
      if (messages.length === 0 && child.exitCode !== null) throw new Error(`${name} ended: ${output}`);
    }
    return messages.shift();
  };
  return { child, ended, message };
}

/** A provider of `desk` that can be called. */
export async function provider(env) {
  const program = start('provider.mjs', { env });
  await program.message();
  return program;
}

/** Resolves when `look` gives true; what does not change within a minute is a failure. */
export async function until(look) {
  const last = performance.now() + 60_000;
  while (!(await look())) {
    if (performance.now() > last) throw new Error(`not within a minute: ${look}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The descriptors of this process that are sockets, pipes and the like; not files. */
export function descriptors() {
  const all = [];
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      all.push(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      // Closed meanwhile, as that of the folder itself.
    }
  }
  return all.filter((target) => /^(socket|anon_inode|pipe):/.test(target));
}

export const errorOf = (call) =>
  call.then(
    (value) => {
      throw new Error(`expected an error, got ${value}`);
    },
    (error) => error,
  );
