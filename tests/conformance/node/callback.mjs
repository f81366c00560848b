// What the caller serves, for the provider to call back.
import { DeclaredError } from './ffi.mjs';
import { errorClass, Latches, millisecondsLeft, untilAborted } from './suite.mjs';

/** By key: whether `hold` runs or ran, and whether it has noticed its end. */
export const held = new Latches();
export const released = new Latches();

/** @param {any} client Of the provider. */
export const callback = (client) => ({
  async bounce(times) {
    return times === 0 ? 0 : 1 + (await client.bounce(times - 1));
  },
  async fail(hops, code) {
    if (hops === 0) throw new (errorClass(code))(`raised ${code}`);
    await client.fail(hops - 1, code);
  },
  timeLeft: (context) => millisecondsLeft(context),
  deny() {
    throw new DeclaredError({ tag: 'duplicate' });
  },
  async hold(key, { signal }) {
    held.open(key);
    await untilAborted(signal).finally(() => released.open(key));
  },
});
