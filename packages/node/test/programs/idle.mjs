// Ends by itself: an idle client does not keep the process alive, also one that connected again after a failure.
import { connect } from '../../index.mjs';

const client = await connect('test:node/service');
if ((await client.echo('x')) !== 'x') process.exitCode = 3;
process.send('done');
process.channel.unref();
