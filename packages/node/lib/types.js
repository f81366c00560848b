'use strict';

const { fromFault } = require('./errors.js');
const { typedJson } = require('./json.js');

/** @typedef {import('./codec/codec.js').Codec} Codec */

/** A named type of an interface. */
class ContractType {
  #codec;
  #index;

  /** @param {Codec} codec @param {number} index */
  constructor(codec, index) {
    const { def } = codec.types[index];
    this.#codec = codec;
    this.#index = index;
    /** The name as in WIT. @readonly */
    this.name = String(def.name);
    /** The interface that defines it. @readonly */
    this.owner = def.owner;
    /** `record`, `variant`, `enum`… @readonly */
    this.kind = def.kind;
    /** The cases of an enum or variant, the names of flags, the fields of a record in JavaScript. @readonly */
    this.members = (def.fields ?? def.cases ?? def.flags ?? []).map((m) =>
      def.fields === undefined ? m.name : (m.local ?? m.name),
    );
  }

  /**
   * Throws an InvalidArgument that names the place unless the value is of this type.
   *
   * @param {unknown} value
   */
  check(value) {
    try {
      this.#codec.lower(this.#index, value, this.name);
    } catch (error) {
      throw fromFault(error);
    }
  }

  /** The JSON mapping of a value of this type. @param {unknown} value @returns {any} */
  toJSON(value) {
    try {
      // Lowered and lifted first, so that everything that is accepted has the same form.
      const bytes = this.#codec.lower(this.#index, value, this.name);
      return typedJson(this.#codec.types, this.#index, this.#codec.lift(this.#index, bytes, this.name));
    } catch (error) {
      throw fromFault(error);
    }
  }
}

/** @type {WeakMap<Codec, Readonly<Record<string, ContractType>>>} */
const known = new WeakMap();

/** The named types of a schema by their JavaScript names. @param {Codec} codec */
function typesOf(codec) {
  let types = known.get(codec);
  if (types === undefined) {
    /** @type {Record<string, ContractType>} */
    const found = Object.create(null);
    codec.types.forEach(({ def }, index) => {
      if (def.name !== undefined) found[def.local ?? def.name] = new ContractType(codec, index);
    });
    types = Object.freeze(found);
    known.set(codec, types);
  }
  return types;
}

module.exports = { ContractType, typesOf };
