// The primary and its workers call and serve. Tells what came of it.
import cluster from 'node:cluster';
import { connect } from './ffi.mjs';
import { serve } from './desk.mjs';

const [ofPrimary, ofWorkers] = process.argv.slice(2);

if (cluster.isPrimary) {
  const server = await serve({ runtimeDir: ofPrimary });
  const start = async () => {
    const worker = cluster.fork();
    const [told] = await Promise.all([new Promise((resolve) => worker.once('message', resolve))]);
    return { worker, told };
  };
  const workers = [await start(), await start()];
  const client = await connect('test:host/desk', { runtimeDir: ofWorkers });
  const load = async (calls) => {
    const answers = await Promise.allSettled(Array.from({ length: calls }, () => client.process()));
    return {
      failed: answers.filter((a) => a.status === 'rejected').length,
      pids: new Set(answers.map((a) => a.value)),
    };
  };
  // New instances are looked for every few seconds.
  const spread = async (wanted) => {
    const until = performance.now() + 60_000;
    let all = await load(200);
    while (all.pids.size < wanted && performance.now() < until) all = await load(200);
    return all;
  };
  const before = await spread(2);
  // One is killed under load, and another one takes its place.
  const during = load(200);
  const [gone] = workers;
  gone.worker.process.kill('SIGKILL');
  const { failed } = await during;
  workers.push(await start());
  gone.worker.isDead() || (await new Promise((resolve) => gone.worker.once('exit', resolve)));
  const after = await spread(2);
  process.send({
    sawPrimary: workers.every(({ told }) => told.primary === process.pid),
    users: workers.map(({ told }) => told.user),
    pids: workers.map(({ worker }) => worker.process.pid),
    before: { failed: before.failed, pids: [...before.pids] },
    failed,
    after: { failed: after.failed, pids: [...after.pids] },
  });
  client.close();
  for (const { worker } of workers) worker.kill('SIGTERM');
  await server.close();
  process.disconnect();
} else {
  await serve({ runtimeDir: ofWorkers });
  const client = await connect('test:host/desk', { runtimeDir: ofPrimary });
  process.send({ primary: await client.process(), user: await client.callerUser() });
  client.close();
}
