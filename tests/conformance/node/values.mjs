// The values of values.json in JavaScript's own types.
import { Decimal, Duration, Timestamp, ZonedTimestamp } from './ffi.mjs';

const decimal = (text) => new Decimal(text);
const at = (text) => new Timestamp(text);
const bytes = (...items) => Uint8Array.from(items);
const flags = (names, set) => Object.fromEntries(names.map((name) => [name, set.includes(name)]));
const PERMISSIONS = ['read', 'write', 'run-it'];
const WIDE = Array.from({ length: 17 }, (_, i) => `f${i}`);

const claim = {
  id: 'c-1',
  lines: [
    { code: 'A1', units: 0, charge: decimal('0') },
    { code: 'B2', units: 65535, charge: decimal('-12.50') },
  ],
  note: 'checked',
  paidInFull: true,
};
const UUID = 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
const NIL = '00000000-0000-0000-0000-000000000000';

/** Values of the functions with one parameter, by the function's name in the contract. */
export const values = {
  'echo-bool': [false, true],
  'echo-u8': [0, 1, 255],
  'echo-u16': [0, 1, 65535],
  'echo-u32': [0, 1, 4294967295],
  'echo-u64': [0n, 1n, 9007199254740991n, 9007199254740993n, 18446744073709551615n],
  'echo-s8': [-128, -1, 0, 127],
  'echo-s16': [-32768, -1, 0, 32767],
  'echo-s32': [-2147483648, -1, 0, 2147483647],
  'echo-s64': [-9223372036854775808n, -9007199254740993n, -1n, 0n, 9223372036854775807n],
  'echo-f32': [0, -0, 1.5, -0.25, 3.4028234663852886e38, 1.401298464324817e-45, Infinity, -Infinity, NaN],
  'echo-f64': [0, -0, 0.1, Number.MAX_VALUE, Number.MIN_VALUE, 9007199254740992, Infinity, -Infinity, NaN],
  'echo-char': ['a', '\0', 'é', '\ud7ff', '\ue000', '🦀', '\u{10ffff}'],
  'echo-string': ['', 'plain', 'tab\tand\nline', 'a\0b', 'é中🦀', 'e\u0301'],
  'echo-bytes': [bytes(), bytes(0), bytes(0, 255), bytes(0, 1, 2, 3, 255)],
  'echo-list-u16': [[], [0], [1, 65535]].map((list) => Uint16Array.from(list)),
  'echo-list-s32': [[], [-2147483648, 0, 2147483647]].map((list) => Int32Array.from(list)),
  'echo-list-u64': [[], [18446744073709551615n, 0n, 9007199254740993n]].map((list) =>
    BigUint64Array.from(list),
  ),
  'echo-list-f32': [[], [0.5, -0, Infinity]].map((list) => Float32Array.from(list)),
  'echo-list-f64': [[], [0.1, -0, -Infinity, 5e-324]].map((list) => Float64Array.from(list)),
  'echo-list-bool': [[], [true, false, true]],
  'echo-list-string': [[], ['', 'a', '🦀']],
  'echo-list-list': [[], [[]], [[1], [], [4294967295, 2]]].map((all) =>
    all.map((list) => Uint32Array.from(list)),
  ),
  'echo-list-option': [[], [undefined, '', undefined, 'x']],
  'echo-fixed': [Uint16Array.of(0, 1, 65535)],
  'echo-tuple': [
    [0, '', 0.5],
    [255, 'end', -1.5],
  ],
  'echo-record': [claim, { id: '', lines: [], note: undefined, paidInFull: false }],
  'echo-awkward': [
    {
      class_: 'c',
      then_: 1,
      none: true,
      self: -1,
      hash: 'h',
      constructor_: 'k',
    },
  ],
  'echo-enum': ['red', 'dark-green', 'blue'],
  'echo-flags': [[], ['read'], PERMISSIONS].map((set) => flags(PERMISSIONS, set)),
  'echo-wide-flags': [[], ['f0', 'f8', 'f16'], WIDE].map((set) => flags(WIDE, set)),
  'echo-variant': [
    { tag: 'empty' },
    { tag: 'circle', val: 2.5 },
    { tag: 'label', val: '' },
    { tag: 'claim', val: claim },
    { tag: 'maybe', val: undefined },
    { tag: 'maybe', val: 7 },
  ],
  'echo-option': [undefined, 0, 4294967295],
  'echo-nested-option': [undefined, { some: undefined }, { some: 0 }, { some: 255 }],
  'echo-results': [
    [],
    [
      { tag: 'ok', val: 0 },
      { tag: 'err', val: '' },
      { tag: 'ok', val: 4294967295 },
      { tag: 'err', val: 'no' },
    ],
  ],
  'echo-bare-results': [[], [{ tag: 'ok' }, { tag: 'err' }]],
  'echo-map-string': [
    new Map(),
    new Map([
      ['', 0],
      ['a', 1],
      ['é', 4294967295],
    ]),
  ],
  'echo-map-u64': [
    new Map(),
    new Map([
      [0n, 'zero'],
      [9007199254740991n, 'safe'],
      [18446744073709551615n, 'most'],
    ]),
  ],
  'echo-map-bool': [
    new Map(),
    new Map([
      [false, bytes()],
      [true, bytes(0, 255)],
    ]),
  ],
  'echo-map-char': [
    new Map(),
    new Map([
      ['a', -128],
      ['🦀', 127],
    ]),
  ],
  'echo-set-string': [new Set(), new Set(['', 'a', 'b'])],
  'echo-set-u32': [new Set(), new Set([0, 1, 4294967295])],
  'echo-set-enum': [new Set(), new Set(['red', 'blue'])],
  'echo-set-uuid': [new Set(), new Set([NIL, UUID])],
  'echo-alias': [[], [decimal('1.10'), decimal('0.00')]],
  'echo-timestamp': [
    at('1970-01-01T00:00:00Z'),
    at('2024-02-29T23:59:59.123456789Z'),
    at('1969-12-31T23:59:59.999999999Z'),
    at('0001-01-01T00:00:00Z'),
    at('9999-12-31T23:59:59.999999999Z'),
  ],
  'echo-zoned-timestamp': [
    ZonedTimestamp.parse('2024-02-29T12:00:00.000000001+05:30'),
    ZonedTimestamp.parse('2024-02-29T12:00:00-23:59'),
    ZonedTimestamp.parse('1970-01-01T00:00:00Z'),
  ],
  'echo-date': ['0001-01-01', '2000-02-29', '9999-12-31'],
  'echo-partial-date': ['2024', '2024-02', '0001-12'],
  'echo-time-of-day': ['00:00:00', '12:30:00.5', '23:59:59.999999999'],
  'echo-duration': ['0s', '1.5s', '-0.25s', '86400s', '-1.000000001s'].map((text) => Duration.parse(text)),
  'echo-decimal': [
    decimal('0'),
    decimal('1.10'),
    decimal('-0.005'),
    decimal('100.00'),
    decimal('1234567890123456789012345678901234567890.0123456789'),
  ],
  'echo-uuid': [NIL, UUID, 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  'echo-document': [
    null,
    true,
    0,
    -1,
    9007199254740991,
    1.5,
    'text',
    [],
    {},
    {
      name: 'Ada',
      tags: ['a', 'b'],
      nested: { deep: [1, null, false] },
      ['__proto__']: 'kept',
    },
  ],
  'echo-option-document': [undefined, { some: null }, { some: [1, { a: 'b' }] }],
  'echo-money': [{ amount: decimal('12.30'), currency: 'EUR' }],
  'echo-quantity': [{ value: decimal('5.40'), unit: 'mg/dL' }],
};

/** Arguments of `echo-many`. */
export const many = [
  [7, 'seven', 0.5],
  [0, '', undefined],
];

/** The sample; each time a new one. */
export const sample = () => ({
  flag: true,
  small: 200,
  negative: -12345,
  large: 18446744073709551615n,
  lowest: -9223372036854775808n,
  ratio: 0.1,
  letter: '🦀',
  text: 'é中',
  blob: bytes(0, 1, 2, 255),
  series: Float64Array.of(0.5, -1.5, 1e300),
  words: new Set(['beta', 'alpha']),
  totals: new Map([
    ['a', 1],
    ['b', 2],
  ]),
  pair: [7, 'seven'],
  color: 'dark-green',
  permissions: flags(PERMISSIONS, ['read', 'run-it']),
  shape: { tag: 'circle', val: 2.5 },
  present: 5,
  absent: undefined,
  boxed: { some: undefined },
  good: { tag: 'ok', val: 1 },
  bad: { tag: 'err', val: 'no' },
  at: at('2024-02-29T23:59:59.123456789Z'),
  local: ZonedTimestamp.parse('2024-02-29T12:00:00.000000001+05:30'),
  day: '2000-02-29',
  month: '2024-02',
  clock: '23:59:59.000000001',
  span: Duration.parse('-0.25s'),
  price: decimal('1.10'),
  id: UUID,
  extra: { k: [1, null, 'x'] },
  cost: { amount: decimal('12.30'), currency: 'EUR' },
  dose: { value: decimal('5.40'), unit: 'mg/dL' },
});
