// Exits in the middle of a call.
import { connect } from '../../index.mjs';

const client = await connect('test:node/service');
client.wait(60_000, { timeout: null });
await client.echo('so that the call is under way');
process.exit(5);
