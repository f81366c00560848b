// Cases with many calls of one task at once, and about retry.
import { declares, equal, errorOf, fails, ok } from './expect.mjs';

/** Starts `count` calls before it awaits the first. @param {number} count @param {(i: number) => Promise<any>} start */
const gather = (count, start) => Promise.all(Array.from({ length: count }, (_, i) => start(i)));

/** @param {string} name */
const key = (name) => `${name}-node-${process.pid}`;

/** @param {any} client @returns {Record<string, () => Promise<void>>} */
export const together = (client) => ({
  async 'await-one'() {
    equal(await client.echoString('one'), 'one');
  },
  async 'await-many'() {
    equal(await gather(64, () => client.meet(key('many'), 64)), new Array(64).fill(64));
  },
  async 'await-thousand'() {
    equal(
      await gather(1000, (i) => client.echoU32(i)),
      Array.from({ length: 1000 }, (_, i) => i),
    );
  },
  async 'await-over-quota'() {
    let answered = 0;
    await gather(3000, async (i) => {
      const call = client.echoU32(i);
      const value = await call.catch(() => undefined);
      if (value === undefined) {
        equal((await fails(call, 'resource-exhausted')).sent, 'not-sent');
      } else {
        equal(value, i);
        answered++;
      }
    });
    ok(answered >= 1000, `${answered} calls were answered`);
    equal(await client.echoU8(1), 1);
  },
  async 'await-in-another-order'() {
    let isWaiting = true;
    const first = client.meet(key('first'), 2).finally(() => {
      isWaiting = false;
    });
    equal(await gather(8, () => client.meet(key('second'), 8)), new Array(8).fill(8));
    ok(isWaiting, 'the first call is waiting');
    equal([await client.meet(key('first'), 2), await first], [2, 2]);
  },
  async 'await-errors'() {
    await gather(64, async (i) => {
      const text = String(i);
      if (i % 4 === 0) equal(await client.echoU32(i), i);
      else if (i % 4 === 1) await declares(client.denyText(text), text);
      else if (i % 4 === 2) await fails(client.failWith('aborted', text), 'aborted', text);
      else equal(await client.echoString(text), text);
    });
  },
  async 'await-nested'() {
    equal(await gather(32, () => client.bounce(4)), new Array(32).fill(4));
  },
  async 'cancel-one-of-many'() {
    const reason = new Error('enough');
    const [one, other] = ['one', 'other'].map((name) => {
      const controller = new AbortController();
      const call = client.hold(key(name), { timeout: null, signal: controller.signal });
      const holding = { ended: false, cancel: () => controller.abort(reason), error: undefined };
      holding.error = errorOf(call).finally(() => {
        holding.ended = true;
      });
      return holding;
    });
    equal(await Promise.all([client.held(key('one')), client.held(key('other'))]), [true, true]);
    one.cancel();
    ok((await one.error) === reason, 'the first call ends with the reason');
    equal(await client.released(key('one')), true);
    ok(!other.ended, 'the second call runs on');
    other.cancel();
    ok((await other.error) === reason, 'the second call ends with the reason');
    equal(await client.released(key('other')), true);
  },

  async 'retry-idempotent'() {
    equal(await client.flaky(key('retry'), 2), 3);
    equal(await client.tally(key('retry')), 3);
  },
  async 'retry-gives-up'() {
    equal((await fails(client.flaky(key('hopeless'), 1000), 'unavailable')).sent, 'maybe-executed');
    equal(await client.tally(key('hopeless')), 5);
  },
  async 'no-retry-otherwise'() {
    equal((await fails(client.flakyOnce(key('once'), 1), 'unavailable')).sent, 'maybe-executed');
    equal(await client.tally(key('once')), 1);
    equal(await client.flakyOnce(key('once'), 1), 2);
  },
});
