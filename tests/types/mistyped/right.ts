import { connect, Decimal } from '@hms/ffi'
import type { AdjudicationClient, AdjudicationExports, Claim, Decision } from '../typescript/hms-claims.js'
const claims = await connect<AdjudicationClient>('hms:claims/adjudication')
const d: Decision = await claims.adjudicate({ id: 'c', patient: 'p', lines: [{ code: 'a', units: 1, charge: '1.10' }], diagnoses: ['x'], tags: { a: 'b' }, submitted: new Date() }, { timeout: 500 })
if (d.status === 'approved') { const paid: Decimal = d.paid; void paid }
for await (const x of claims.watch('p1')) { void x.claim }
const e: AdjudicationExports = { async adjudicate(claim: Claim) { return { claim: claim.id, status: 'approved', paid: 1n } } }
const all = await claims.batch((b) => [b.adjudicate({ id: 'c', patient: 'p', lines: [], diagnoses: [], tags: {}, submitted: new Date() })])
void e; void all
