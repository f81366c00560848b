// Cases about two versions of one contract that call each other.
import { Decimal, connect } from './ffi.mjs';
import { declares, equal, refused, fails } from './expect.mjs';

const order = { id: 1, item: 'pen', status: 'open', note: undefined };
const receipt = {
  order: 1,
  total: new Decimal('3.50'),
  status: 'open',
  seen: ['open'],
  paid: undefined,
};

/** @returns {Promise<Record<string, () => Promise<void>>>} */
export async function versions() {
  const early = await connect('test:versions/early', {
    wit: '../versions/new.wit',
    timeout: 10_000,
  });
  const late = await connect('test:versions/late', {
    wit: '../versions/old.wit',
    timeout: 10_000,
  });
  const old = { id: 2, item: 'pen', status: 'closed' };
  return {
    async 'early-place'() {
      equal(await early.place(order), receipt);
    },
    async 'early-option-none'() {
      equal(await early.place({ ...order, status: 'closed' }), {
        ...receipt,
        status: 'closed',
        seen: ['closed'],
      });
    },
    async 'early-option-some'() {
      await fails(early.place({ ...order, note: 'gift' }), 'invalid-argument', 'order.note');
    },
    async 'early-unknown-case'() {
      equal(await early.place({ ...order, status: 'on-hold' }), {
        ...receipt,
        status: 'unclear',
        seen: ['unclear'],
      });
    },
    async 'early-declared-error'() {
      await declares(early.place({ ...order, item: 'bulk' }), {
        tag: 'too-many',
        val: 100,
      });
    },
    async 'early-parameter-none'() {
      equal(await early.cancel(undefined, 7), true);
    },
    async 'early-parameter-some'() {
      await refused(early.cancel('why', 7), 'reason');
    },
    async 'late-place'() {
      equal(await late.place(old), {
        order: 2,
        total: new Decimal('3.50'),
        status: 'closed',
        seen: ['closed', '-'],
      });
    },
    async 'late-unknown-case'() {
      equal((await late.place({ ...old, item: 'later' })).status, 'unclear');
    },
    async 'late-declared-error'() {
      await declares(late.place({ ...old, item: 'gone' }), { tag: 'sold-out' });
    },
    async 'late-unknown-declared-case'() {
      await declares(late.place({ ...old, item: 'contraband' }), {
        tag: 'other',
      });
    },
    async 'late-parameter'() {
      equal(await late.cancel(7), true);
    },
  };
}
