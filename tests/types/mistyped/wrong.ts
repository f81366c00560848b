import { connect } from '@hms/ffi'
import type { AdjudicationClient } from '../typescript/hms-claims.js'
const claims = await connect<AdjudicationClient>('hms:claims/adjudication')
await claims.adjudicate({ id: 1 })
await claims.adjudicat({})
await claims.batch((b) => [b.adjudicate({ id: 'c' })])
await claims.batch((b) => [claims.adjudicate])
export {}
