// As pending.mjs, without a promise that anybody awaits.
const { connect } = require('../../index.js');

process.channel.unref();
connect('test:node/service').then((client) => {
  client.wait(200).then(() => (process.exitCode = 7));
});
