// A million calls through one client (or as many as are given) hold no more at the end than after the first tenth.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const total = Number(process.argv[2] ?? 1_000_000);
const MIB = 1024 * 1024;

const dir = mkdtempSync(join(tmpdir(), 'hms-node-'));
process.env.HMS_RUNTIME_DIR = dir;
const start = (name, args, execArgv) =>
  fork(fileURLToPath(new URL(name, import.meta.url)), args, { execArgv });
const message = (child) =>
  new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`a program ended with ${code}`)));
  });

const provider = start('provider.mjs', [], []);
let before;
let after;
try {
  await message(provider);
  const args = [String(total / 10), String(total)];
  ({ before, after } = await message(start('memory.mjs', args, ['--expose-gc'])));
} finally {
  provider.kill('SIGTERM');
  rmSync(dir, { recursive: true, force: true });
}

const grown = {
  script: after.script - before.script,
  native: after.native - before.native,
  rss: after.rss - before.rss,
};
const holds = grown.script <= 2 * MIB && grown.native === 0 && grown.rss <= 40 * MIB;
console.log(`node memory, ${total} calls: grown by ${JSON.stringify(grown)}`);
console.log(`memory: ${holds ? 1 : 0} passed, ${holds ? 0 : 1} failed`);
process.exitCode = holds ? 0 : 1;
