'use strict';

/**
 * The schema of an interface as the core gives it: its exchange form with a member `local` beside each name.
 *
 * @typedef {object} Schema
 * @property {string} interface
 * @property {string} fingerprint
 * @property {SchemaType[]} types
 * @property {SchemaFunction[]} functions
 * @property {{ name: string, local?: string, owner: string }[]} [resources]
 * @property {string} [docs]
 * @property {string} [wit]
 * @property {boolean} [topics]
 *
 * @typedef {object} SchemaType
 * @property {string} kind
 * @property {string} [name]
 * @property {string} [local]
 * @property {string} [owner]
 * @property {string} [docs]
 * @property {number | null} [element]
 * @property {number} [length]
 * @property {number[]} [elements]
 * @property {number} [key]
 * @property {number} [value]
 * @property {SchemaField[]} [fields]
 * @property {SchemaCase[]} [cases]
 * @property {SchemaCase[]} [flags]
 * @property {number} [fallback]
 * @property {number} [payload]
 * @property {number | null} [ok]
 * @property {number | null} [err]
 * @property {number} [resource]
 *
 * @typedef {object} SchemaField
 * @property {string} name
 * @property {string} [local]
 * @property {number} type
 *
 * @typedef {object} SchemaCase
 * @property {string} name
 * @property {string} [local]
 * @property {number} [type]
 *
 * @typedef {object} SchemaFunction
 * @property {string} name
 * @property {string} [local]
 * @property {SchemaField[]} params
 * @property {number} [result]
 * @property {boolean} [async]
 * @property {boolean} [idempotent]
 * @property {boolean} [topic]
 * @property {string} [docs]
 */

module.exports = {};
