// Serves `desk`: who answers, and what still runs.
import { component } from './ffi.mjs';

let holding = 0;

export const handlers = {
  echo: (text) => text,
  process: () => process.pid,
  async hold({ signal }) {
    holding++;
    try {
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    } finally {
      holding--;
    }
  },
  holding: () => holding,
  callerUser: ({ caller }) => caller.uid,
};

export const serve = (options) =>
  component('test:host/desk', { wit: '../../python/host.wit', exports: handlers, ...options }).serve();
