'use strict';

const { document } = require('./document.js');
const { caseSize, enumeration, flags, named } = require('./named.js');
const { NUMERIC, numbers } = require('./numbers.js');
const { scalars } = require('./scalars.js');
const { times } = require('./times.js');

/** @typedef {import('./scalars.js').Leaf} Leaf */
/** @typedef {import('../schema.js').Schema} Schema */
/** @typedef {import('../schema.js').SchemaType} SchemaType */

/**
 * A type of the table with what the codecs ask about it.
 *
 * @typedef {object} Type
 * @property {number} index
 * @property {SchemaType} def
 * @property {string} kind
 * @property {string} expected What messages call it: `record claim`.
 * @property {number} smallest Bytes of its smallest encoding.
 * @property {number} depth The deepest nesting that the type itself can reach.
 * @property {boolean} isDynamic Whether a document within it can nest further.
 * @property {boolean} isBoxed Whether a present option of it is boxed.
 * @property {{ path: string, what: string } | undefined} uncallable Where a handle or stream is within it.
 * @property {Leaf | undefined} leaf Its conversion, unless it is made of other types.
 */

/** Smallest encodings of leaves; others take none. @type {Record<string, number>} */
const SMALLEST = {
  bool: 1,
  char: 4,
  string: 4,
  timestamp: 12,
  'zoned-timestamp': 14,
  date: 4,
  'partial-date': 3,
  'time-of-day': 7,
  duration: 12,
  // The shortest decimal has one digit, the shortest document one byte.
  decimal: 5,
  uuid: 16,
  document: 5,
};

/** What cannot be called yet. @type {Record<string, string>} */
const HANDLES = { own: 'handles', borrow: 'handles', stream: 'streams', future: 'futures' };

/** @param {Schema} schema @returns {Type[]} */
function typeTable(schema) {
  /** @type {Type[]} */
  const types = [];
  schema.types.forEach((def, index) => types.push(describeType(def, index, types)));
  return types;
}

/** @param {SchemaType} def @param {number} index @param {Type[]} before @returns {Type} */
function describeType(def, index, before) {
  const { kind } = def;
  const parts = partsOf(def);
  const inner = parts.map((part) => before[part.type]);
  const expected = expectedOf(def, before);
  const leaf = leafOf(def, before, expected);
  const isLeaf = leaf !== undefined;
  const nests = !isLeaf || kind === 'list' || kind === 'fixed-list';
  let uncallable = HANDLES[kind] === undefined ? undefined : { path: '', what: HANDLES[kind] };
  for (const part of parts) {
    const found = before[part.type].uncallable;
    if (found !== undefined) uncallable ??= { path: part.step + found.path, what: found.what };
  }
  return {
    index,
    def,
    kind,
    expected,
    smallest: smallestOf(def, inner),
    depth: (nests ? 1 : 0) + Math.max(0, ...inner.map((type) => type.depth)),
    isDynamic: kind === 'document' || inner.some((type) => type.isDynamic),
    isBoxed: kind === 'option' || kind === 'document',
    uncallable,
    leaf,
  };
}

/**
 * The types that a type is made of, with the step of a path that leads to each.
 *
 * @param {SchemaType} def
 * @returns {{ type: number, step: string }[]}
 */
function partsOf(def) {
  switch (def.kind) {
    case 'list':
    case 'fixed-list':
    case 'set':
      return [{ type: need(def.element), step: '[]' }];
    case 'tuple':
      return (def.elements ?? []).map((type, i) => ({ type, step: `[${i}]` }));
    case 'map':
      return [
        { type: need(def.key), step: '[key]' },
        { type: need(def.value), step: '[]' },
      ];
    case 'record':
      return (def.fields ?? []).map((field) => ({ type: field.type, step: '.' + field.name }));
    case 'variant':
      return (def.cases ?? []).flatMap((c) =>
        c.type === undefined ? [] : [{ type: c.type, step: '.' + c.name }],
      );
    case 'option':
      return [{ type: need(def.payload), step: '' }];
    case 'result':
      return [
        ...(def.ok == null ? [] : [{ type: def.ok, step: '.ok' }]),
        ...(def.err == null ? [] : [{ type: def.err, step: '.err' }]),
      ];
    default:
      return [];
  }
}

/** A member that the kind always has. @param {number | null | undefined} type */
const need = (type) => /** @type {number} */ (type);

/** @param {SchemaType} def @param {Type[]} before @param {string} expected @returns {Leaf | undefined} */
function leafOf(def, before, expected) {
  const { kind } = def;
  const element = def.element == null ? undefined : before[def.element]?.kind;
  if ((kind === 'list' || kind === 'fixed-list') && element !== undefined && NUMERIC[element]) {
    return numbers(element, expected, kind === 'list' ? undefined : def.length);
  }
  if (kind === 'enum') {
    return enumeration(
      expected,
      (def.cases ?? []).map((c) => c.name),
    );
  }
  if (kind === 'flags') {
    const all = def.flags ?? [];
    return flags(
      expected,
      all.map((flag) => flag.name),
      all.map((flag) => flag.local ?? flag.name),
    );
  }
  if (kind === 'document') return document;
  return scalars[kind] ?? times[kind] ?? named[kind];
}

/** @param {SchemaType} def @param {Type[]} inner */
function smallestOf(def, inner) {
  const { kind } = def;
  switch (kind) {
    case 'list':
    case 'set':
    case 'map':
      return 4;
    case 'fixed-list':
      return inner[0].smallest * (def.length ?? 0);
    case 'tuple':
    case 'record':
      return inner.reduce((sum, type) => sum + type.smallest, 0);
    case 'enum':
      return caseSize((def.cases ?? []).length);
    case 'variant': {
      const cases = def.cases ?? [];
      const hasBare = cases.some((c) => c.type === undefined);
      return caseSize(cases.length) + (hasBare ? 0 : least(inner));
    }
    case 'flags': {
      const count = (def.flags ?? []).length;
      return count <= 8 ? 1 : count <= 16 ? 2 : 4;
    }
    case 'option':
      return 1;
    case 'result':
      return 1 + (def.ok == null || def.err == null ? 0 : least(inner));
    default:
      return NUMERIC[kind]?.size ?? SMALLEST[kind] ?? 0;
  }
}

/** @param {Type[]} types */
const least = (types) => Math.min(...types.map((type) => type.smallest));

/** Words in front of a type's name. @type {Record<string, string>} */
const WORDS = { record: 'record ', variant: 'variant ', enum: 'enum ', flags: 'flags ', set: 'set ' };

/** What a message calls a type: its name, else its WIT expression. @param {SchemaType} def @param {Type[]} before */
function expectedOf(def, before) {
  const { kind } = def;
  if (def.name !== undefined) return (WORDS[kind] ?? '') + def.name;
  /** @param {number | null | undefined} index */
  const of = (index) => (index == null ? '_' : before[index].expected);
  switch (kind) {
    case 'list':
      return `list<${of(def.element)}>`;
    case 'fixed-list':
      return `list<${of(def.element)}, ${def.length}>`;
    case 'tuple':
      return `tuple<${(def.elements ?? []).map(of).join(', ')}>`;
    case 'set':
      return `set of ${of(def.element)}`;
    case 'map':
      return `map<${of(def.key)}, ${of(def.value)}>`;
    case 'option':
      return `option<${of(def.payload)}>`;
    case 'result':
      return `result<${of(def.ok)}, ${of(def.err)}>`;
    default:
      return kind;
  }
}

module.exports = { typeTable };
