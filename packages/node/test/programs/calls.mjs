// Calls once and tells what came of it, and how the addon waits.
import { createRequire } from 'node:module';
import { connect } from '../../index.mjs';

const { native } = createRequire(import.meta.url)('../../lib/native.js');
const client = await connect('test:node/service');
const answers = await Promise.all(['a', 'b', 'c'].map((text) => client.echo(text)));
process.send({ answers, usesLibuv: native.usesLibuv() });
process.channel.unref();
