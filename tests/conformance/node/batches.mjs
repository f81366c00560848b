// Cases about batches.
import { declares, equal, fails } from './expect.mjs';

/** @param {string} name */
const key = (name) => `${name}-node-${process.pid}`;

/** The call that a settled result is of. @param {PromiseSettledResult<any>} result */
const asCall = async (result) => {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
};

/** The values of calls that all went well. @param {PromiseSettledResult<any>[]} results */
const all = (results) => Promise.all(results.map(asCall));

/** @param {any} client @returns {Record<string, () => Promise<void>>} */
export const batches = (client) => ({
  async batch() {
    const functions = ['echoU32', 'echoString', 'echoListU16', 'echoOption'];
    const given = Array.from({ length: 64 }, (_, i) => {
      const option = i % 8 === 7 ? undefined : i;
      return [i, String(i), Uint16Array.of(i), option][i % 4];
    });
    const results = await client.batch((b) => given.map((value, i) => b[functions[i % 4]](value)));
    equal(await all(results), given);
  },
  async 'batch-errors'() {
    const problem = { title: 'late', severity: 255 };
    const [seven, text, missing, record, bug, still] = await client.batch((b) => [
      b.allow(7),
      b.denyText('no'),
      b.failWith('not-found', 'raised not-found'),
      b.denyRecord(problem),
      b.bug(),
      b.echoString('still'),
    ]);
    equal(await all([seven, still]), [7, 'still']);
    await declares(asCall(text), 'no');
    const { sent } = await fails(asCall(missing), 'not-found', 'raised not-found');
    equal(sent, 'maybe-executed');
    await declares(asCall(record), problem);
    await fails(asCall(bug), 'internal');
  },
  async 'batch-large'() {
    const bytes = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 31) % 256);
    const results = await client.batch((b) => [
      b.echoU32(1),
      b.echoBytes(bytes),
      b.echoU32(2),
      b.makeBytes(3_000_000),
      b.echoU32(3),
    ]);
    const made = Uint8Array.from({ length: 3_000_000 }, (_, i) => i % 256);
    equal(await all(results), [1, bytes, 2, made, 3]);
  },
  async 'batch-over-quota'() {
    const numbers = Array.from({ length: 3000 }, (_, i) => i);
    equal(await all(await client.batch((b) => numbers.map((i) => b.echoU32(i)))), numbers);
  },
  async 'batch-empty'() {
    equal(await client.batch(() => []), []);
  },
  async 'batch-deadline'() {
    const late = key('batch-late');
    const [first, held, last] = await client.batch((b) => [
      b.echoU32(1),
      b.hold(late, { timeout: 500 }),
      b.echoU32(2),
    ]);
    equal(await all([first, last]), [1, 2]);
    await fails(asCall(held), 'deadline-exceeded');
    equal(await client.released(late), true);
  },
  async 'batch-cancel'() {
    const keys = [key('batch-a'), key('batch-b')];
    const controller = new AbortController();
    const { signal } = controller;
    const batch = client.batch((b) => keys.map((name) => b.hold(name, { timeout: null, signal })));
    equal(await Promise.all(keys.map((name) => client.held(name))), [true, true]);
    const reason = new Error('enough');
    controller.abort(reason);
    equal(
      (await batch).map((result) => result.reason === reason),
      [true, true],
    );
    equal(await Promise.all(keys.map((name) => client.released(name))), [true, true]);
  },
  async 'batch-retry'() {
    const [again, once] = [key('batch-retry'), key('batch-once')];
    const [first, second, third] = await client.batch((b) => [
      b.flaky(again, 1),
      b.flakyOnce(once, 1),
      b.echoU32(3),
    ]);
    equal(await all([first, third]), [2, 3]);
    await fails(asCall(second), 'unavailable');
    equal([await client.tally(again), await client.tally(once)], [2, 1]);
  },
});
