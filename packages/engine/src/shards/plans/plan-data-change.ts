import { clinicsOfRow } from '../tables/clinics-of-own-rows.ts'
import type { KindOf, Planned } from './statement-plan.ts'

/** Citus plans no statement that calls them: it would send another value to each shard. */
const volatile = /\b(clock_timestamp|gen_random_uuid|random|nextval|timeofday|pg_current_xact_id)\b/i

/** Rows of more than one table, which Citus plans only where it can see that they are in one shard. */
const several = /\b(from|using|select|with|join)\b/i

type DataChange = { verb: string; table: string; bare: string }

/** `insert`, `update` and `delete`, by the table whose rows change. */
export function planDataChange({ verb, table, bare }: DataChange, kinds: KindOf): Planned {
  const kind = kinds(table)
  const rest = bare.slice(verb.length).replace(/\bis (?:not )?distinct from\b/gi, '<>')
  if (several.test(rest)) return { problem: 'it reads other rows: mark it with a comment “-- On Citus: in shards”' }
  if (kind === 'own') {
    if (clinicsOfRow(table) === null) return { coordinator: 'until finished', inShards: true }
    if (/^insert/i.test(verb)) return { problem: `rows of ${table} are of clinics: each shard would insert them` }
    return { coordinator: 'alone', inShards: true }
  }
  if (kind === 'coordinator' || kind === 'ledger') return { coordinator: 'alone', inShards: false }
  if (volatile.test(rest)) return { problem: 'it calls a volatile function: mark it with “-- On Citus: in shards”' }
  return { coordinator: 'passed on', inShards: false }
}
