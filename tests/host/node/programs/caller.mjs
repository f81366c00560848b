// Calls, tells the parent, and ends in the way that its argument names.
import { connect } from './ffi.mjs';

const ways = {
  exit: () => process.exit(5),
  end: () => {
    held.catch(() => {});
    client.close();
    process.exitCode = 6;
  },
  uncaught: () =>
    setImmediate(() => {
      throw new Error('nobody catches this');
    }),
  caught: () => {
    process.once('uncaughtException', async () => {
      const answer = await client.echo('still');
      process.send(answer, () => process.exit(7));
    });
    setImmediate(() => {
      throw new Error('somebody catches this');
    });
  },
  rejection: () => client.echo(5),
  kill: () => process.kill(process.pid, 'SIGKILL'),
  stay: () => {},
};

const client = await connect('test:host/desk');
const held = client.hold({ timeout: null });
await client.echo('so that the other one has arrived');
process.send('waiting', () => ways[process.argv[2]]());
process.channel.unref();
