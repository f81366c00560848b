'use strict';

const { connect } = require('./lib/client.js');
const { component } = require('./lib/component.js');
const { currentCall } = require('./lib/context.js');
const { DeclaredError, HmsError, classes } = require('./lib/errors.js');
const { plainJson } = require('./lib/json.js');
const { liveNativeBytes } = require('./lib/runtime.js');
const { Decimal } = require('./lib/values/decimal.js');
const { Duration } = require('./lib/values/duration.js');
const { Float } = require('./lib/values/float.js');
const { Timestamp, ZonedTimestamp } = require('./lib/values/timestamp.js');

/**
 * The JSON mapping of a value: of a type from `client.types` exactly, else as well as it can be told from the value alone.
 *
 * @param {unknown} value
 * @param {import('./lib/types.js').ContractType} [type]
 * @returns {any}
 */
const toJSON = (value, type) => (type === undefined ? plainJson(value) : type.toJSON(value));

module.exports = {
  ...classes,
  DeclaredError,
  Decimal,
  Duration,
  Float,
  HmsError,
  Timestamp,
  ZonedTimestamp,
  component,
  connect,
  currentCall,
  liveNativeBytes,
  toJSON,
};
