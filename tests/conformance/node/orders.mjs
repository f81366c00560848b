// The handlers of `early` and `late`, of the old and the new version of one contract.
import { Decimal, DeclaredError, Timestamp } from './ffi.mjs';

/** @param {{ id: number, item: string, status: string }} order @param {boolean} isNew @param {string | undefined} note */
function receipt({ id, item, status }, isNew, note) {
  if (item === 'gone') throw new DeclaredError({ tag: 'sold-out' });
  if (item === 'bulk') throw new DeclaredError({ tag: 'too-many', val: 100 });
  if (isNew && item === 'contraband') throw new DeclaredError({ tag: 'embargo', val: 'customs' });
  return {
    order: id,
    total: new Decimal('3.50'),
    status: isNew && item === 'later' ? 'on-hold' : status,
    seen: isNew ? [status, note ?? '-'] : [status],
  };
}

export const early = {
  place: (order) => receipt(order, false, undefined),
  cancel: (id) => id === 7,
};

export const late = {
  place: (order) => ({
    ...receipt(order, true, order.note),
    paid: new Timestamp('2024-02-29T00:00:00Z'),
  }),
  cancel: (reason, id) => reason === undefined && id === 7,
  restock: (item) => item.length,
};
