// Ends when its call has ended: a pending call keeps the process alive, in ESM also one that is awaited at the top.
import { connect } from '../../index.mjs';

process.channel.unref();
const client = await connect('test:node/service');
await client.wait(200);
process.exitCode = 7;
