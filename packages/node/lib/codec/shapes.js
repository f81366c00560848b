'use strict';

const { Fault, describe, mismatch } = require('./fault.js');
const { wrongLength } = require('./numbers.js');

/** @typedef {import('./types.js').Type} Type */

/**
 * How records, variants, results and boxed options look in JavaScript: what both kinds of codec share.
 *
 * @typedef {object} RecordField
 * @property {string} name As in WIT.
 * @property {string} local As in JavaScript.
 * @property {string} step Of a path.
 * @property {number} type
 * @property {boolean} isOption
 * @property {string} expected
 */

/** @param {Type} type @param {Type[]} types @returns {RecordField[]} */
function fieldsOf(type, types) {
  return (type.def.fields ?? []).map((field) => ({
    name: field.name,
    local: field.local ?? field.name,
    step: '.' + field.name,
    type: field.type,
    isOption: types[field.type].kind === 'option',
    expected: types[field.type].expected,
  }));
}

/** @param {Type} type @param {unknown} v @param {number} count */
function checkSequence(type, v, count) {
  if (!Array.isArray(v)) throw mismatch(type.expected, v);
  if (v.length !== count) throw wrongLength(count, v.length);
}

/** @param {Type} type @param {unknown} v */
function checkRecord(type, v) {
  if (typeof v !== 'object' || v === null || Array.isArray(v)) throw mismatch(type.expected, v);
}

/**
 * The value of a member that is not there under its JavaScript name: under its WIT name, or none where it is optional.
 *
 * @param {any} v
 * @param {RecordField} field
 */
function absent(v, field) {
  // Only its own: every object inherits a `constructor`.
  const isOther = field.name !== field.local && Object.hasOwn(v, field.name);
  const value = isOther ? v[field.name] : undefined;
  if (value === undefined && !field.isOption) {
    throw has(v, field)
      ? mismatch(field.expected, undefined)
      : new Fault(`missing, expected ${field.expected}`);
  }
  return value;
}

/** Whether there is such a member, whatever its value. @param {any} v @param {RecordField} field */
const has = (v, field) => field.local in v || Object.hasOwn(v, field.name);

/**
 * Refuses members that the record does not have. Only called when the number of members is not that of the fields found.
 *
 * @param {Type} type
 * @param {any} v
 * @param {RecordField[]} fields
 */
function checkMembers(type, v, fields) {
  const known = new Map();
  for (const field of fields) known.set(field.local, field).set(field.name, field);
  for (const key of Object.keys(v)) {
    const field = known.get(key);
    if (field === undefined) {
      throw new Fault(`${type.expected} has no member ${JSON.stringify(key.slice(0, 100))}`);
    }
    if (field.local !== field.name && key === field.name && v[field.local] !== undefined) {
      throw new Fault(`the member ${field.name} is given twice, also as ${field.local}`);
    }
  }
}

/** @param {Type} type @returns {(v: any) => number} The case of a variant's value. */
function caseFinder(type) {
  const indices = new Map((type.def.cases ?? []).map((c, index) => [c.name, index]));
  return (v) => {
    if (typeof v !== 'object' || v === null) throw mismatch(type.expected, v);
    const index = indices.get(v.tag);
    if (index === undefined) throw wrongTag(type, v.tag);
    checkTagged(v);
    return index;
  };
}

/** @param {Type} type @param {any} v Whether a result's value is the error. */
function isErr(type, v) {
  if (typeof v !== 'object' || v === null) throw mismatch(type.expected, v);
  const { tag } = v;
  if (tag !== 'ok' && tag !== 'err') throw wrongTag(type, tag);
  checkTagged(v);
  return tag === 'err';
}

/** @param {Type} type @param {unknown} tag */
function wrongTag(type, tag) {
  if (typeof tag === 'string') {
    return new Fault(`expected ${type.expected}, which has no case of this tag`);
  }
  return new Fault(`expected ${type.expected}, an object with tag and val, got ${describe(tag)} as tag`);
}

/** @param {object} v */
function checkTagged(v) {
  for (const key in v) {
    if (key !== 'tag' && key !== 'val') {
      throw new Fault(`a variant has the members tag and val, not ${JSON.stringify(key.slice(0, 100))}`);
    }
  }
}

const noPayload = () => new Fault('the case has no payload');

/** What `{ some }` holds. @param {any} v */
function unbox(v) {
  if (typeof v !== 'object' || v === null || !('some' in v) || Object.keys(v).length !== 1) {
    throw new Fault('expected undefined, null or an object with the one member some');
  }
  return v.some;
}

/** Handles and streams load with their contract but cannot be passed yet. @param {Type} type */
function handle(type) {
  const refuse = () => {
    throw new Fault(`a value of type ${type.expected} cannot be passed yet`, 'unimplemented');
  };
  return { lower: refuse, lift: refuse };
}

module.exports = {
  absent,
  caseFinder,
  checkMembers,
  checkRecord,
  checkSequence,
  fieldsOf,
  handle,
  has,
  isErr,
  noPayload,
  unbox,
};
