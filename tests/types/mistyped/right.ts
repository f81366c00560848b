import { connect, Decimal } from '@hms/ffi'
import type { AdjudicationClient, AdjudicationExports, Claim, ClaimInput, Decision } from '../typescript/hms-claims.js'
const claims = await connect<AdjudicationClient>('hms:claims/adjudication')
const d: Decision = await claims.adjudicate({ id: 'c', patient: 'p', lines: [{ code: 'a', units: 1, charge: '1.10' }], diagnoses: ['x'], tags: { a: 'b' }, submitted: new Date() }, { timeout: 500 })
if (d.status === 'approved') { const paid: Decimal = d.paid; void paid }
for await (const x of claims.watch('p1')) { void x.claim }
const one: ClaimInput = { id: 'c', patient: 'p', lines: [], diagnoses: [], tags: {}, submitted: new Date() }
const e: AdjudicationExports = { async adjudicate(claim: Claim) { return { claim: claim.id, status: 'approved', paid: 1n } } }
const all = await claims.batch((b) => [b.adjudicate({ id: 'c', patient: 'p', lines: [], diagnoses: [], tags: {}, submitted: new Date() })])
const [first, second] = await claims.batch((b) => [b.adjudicate(one, { timeout: 500 }), b.adjudicate(one)])
if (first.status === 'fulfilled') { const paid: Decimal = first.value.paid; void paid } else { void first.reason }
if (second.status === 'fulfilled') { const status: string = second.value.status; void status }
const many = await claims.batch((b) => [one, one].map((claim) => b.adjudicate(claim)), { timeout: null })
for (const r of many) { if (r.status === 'fulfilled') { const d: Decision = r.value; void d } }
void e; void all
