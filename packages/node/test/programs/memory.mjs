// Calls again and again, some of them errors, cancelled, late or in batches, and tells what is held after a warm-up and at the end.
import { connect, liveNativeBytes } from '../../index.mjs';

const [warmUp, total] = process.argv.slice(2).map(Number);
const client = await connect('test:node/service');
const claim = {
  id: 'claim-1',
  patient: 'patient-1',
  lines: Array.from({ length: 5 }, (_, i) => ({ code: `C${i}`, units: i, charge: `${i}.50` })),
  diagnoses: ['E11', 'I10'],
  tags: { source: 'web', region: 'north' },
  submitted: new Date(1709208000000),
  isNew: true,
};

const { signal: shared } = new AbortController();
const cancelled = () => {
  const controller = new AbortController();
  const signal = AbortSignal.any([shared, controller.signal]);
  const call = client.wait(1000, { signal }).catch(() => {});
  client.echo('x', { signal: shared }).then(() => controller.abort());
  return call;
};

const held = async () => {
  // Replies of calls that have ended may still be on their way.
  for (let i = 0; i < 2; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { script: heapUsed + external, native: liveNativeBytes(), rss };
};

let before;
for (let i = 1; i <= total; i++) {
  if (i % 100 === 0) await client.adjudicate({ ...claim, lines: [] }).catch(() => {});
  else if (i % 100 === 25) await cancelled();
  else if (i % 100 === 50)
    await client.batch((b) => [b.echoClaim(claim), b.echo('x'), b.throw_('own'), b.echo(5)]);
  else if (i % 100 === 75) await client.wait(1000, { timeout: 0.5 }).catch(() => {});
  else await client.echoClaim(claim);
  if (i === warmUp) before = await held();
}
const after = await held();
console.log(JSON.stringify({ calls: total, before, after }));
process.send?.({ before, after });
process.channel?.unref();
client.close();
