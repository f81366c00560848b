// A provider of the soak in Node.
import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { DeclaredError, component, connect } from './ffi.mjs';

const ledger = openSync(`${process.env.SOAK_LEDGER}/executed-node-${process.pid}`, 'a');

let client;
async function callback() {
  client ??= connect('test:soak/callback').catch((error) => {
    client = undefined;
    throw error;
  });
  return client;
}

await component('test:soak/work', {
  wit: '../soak.wit',
  exports: {
    add: (a, b) => a + b,
    echo: (data) => data,
    price({ id, lines, note }) {
      if (lines.length === 0) throw new DeclaredError({ tag: 'empty' });
      if (lines.length > 20) throw new DeclaredError({ tag: 'too-many', val: lines.length });
      return { id, total: lines.reduce((sum, line) => sum + BigInt(line.units) * line.price, 0n), note };
    },
    askBack: async (n) => (await (await callback()).double(n)) + 1n,
    async linger(milliseconds, { signal }) {
      await sleep(milliseconds, undefined, { signal });
      return milliseconds;
    },
    note(id) {
      // One write: a kill leaves the whole line or nothing.
      writeSync(ledger, `${id}\n`);
    },
  },
}).serve();
console.log('ready');
