// Provides `desk` until SIGTERM. A text that begins with "slow" is answered when the parent says so.
import { handlers, serve } from './desk.mjs';

const released = new Promise((resolve) =>
  process.on('message', (message) => message === 'release' && resolve()),
);

const exports = {
  ...handlers,
  async echo(text) {
    if (text.startsWith('slow')) {
      process.send('slow');
      await released;
    }
    return text;
  },
};
await serve({ exports, grace: Number(process.env.GRACE ?? 10_000) });
process.send('ready');
process.channel.unref();
