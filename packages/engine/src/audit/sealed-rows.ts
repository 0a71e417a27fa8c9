import { createHash } from 'node:crypto'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction } from '../database/pools.ts'

/** A row of the security log that is in a chain. `place`: which of the databases has it. */
export type Sealed = {
  place: number
  clinicNo: number
  epoch: string
  no: string
  micros: string
  kind: string
  count: number
  actorKind: string
  subjects: string
  details: string
  actorId: string | null
  subjectId: string | null
  network: string | null
  salt: Buffer
  hash: Buffer
  erased: Buffer | null
}

const pageRows = 5_000
const version = Buffer.from('holdfast audit 1')
/** That of the row before the first. */
export const noHash = Buffer.alloc(32)

/** The hash of a sealed row after that of the row before it. A second implementation of `audit_hash`. */
export function hashOf(row: Sealed, previous: Buffer): Buffer {
  const { clinicNo, epoch, no, micros, kind, count, actorKind, subjects, details } = row
  const content = [clinicNo, epoch, no, micros, kind, count, actorKind, subjects, details].join(' ')
  const person = [row.actorId, row.subjectId, row.network].map((value) => value ?? '-').join(' ')
  const digest = row.erased ?? createHash('sha256').update(row.salt).update(person).digest()
  return createHash('sha256').update(version).update(previous).update(content).update(digest).digest()
}

export type Snapshot = Pick<pg.PoolClient, 'query'>

/** Runs `work` with a transaction of each pool that sees one moment. */
export function inSnapshots<Result>(
  [first, ...others]: readonly pg.Pool[],
  work: (snapshots: readonly Snapshot[]) => Promise<Result>,
  opened: readonly Snapshot[] = [],
): Promise<Result> {
  if (first === undefined) return work(opened)
  return inTransaction(
    first,
    async (snapshot) => {
      // One waits while the others are read.
      await snapshot.query('set local idle_in_transaction_session_timeout = 0')
      return inSnapshots(others, work, [...opened, snapshot])
    },
    'begin isolation level repeatable read read only',
  )
}

/** In the order of the chains. */
export async function* rowsOf(snapshot: Snapshot, place: number): AsyncGenerator<Sealed> {
  for (let last: Sealed | null = null; ; ) {
    const rows: Sealed[] = await pageAfter(snapshot, place, last)
    yield* rows
    last = rows.at(-1) ?? null
    if (rows.length < pageRows) return
  }
}

/** The rows of all sources, each of which is in order. */
export async function* inOrder(sources: readonly AsyncGenerator<Sealed>[]): AsyncGenerator<Sealed> {
  const heads = await Promise.all(sources.map(async (source) => ({ source, next: await source.next() })))
  for (;;) {
    const open = heads.filter(({ next }) => !next.done).sort((one, other) => order(one.next.value, other.next.value))
    const [first] = open
    if (first === undefined) return
    yield first.next.value
    first.next = await first.source.next()
  }
}

function order(one: Sealed, other: Sealed): number {
  if (one.clinicNo !== other.clinicNo) return one.clinicNo - other.clinicNo
  const difference = BigInt(one.epoch) - BigInt(other.epoch) || BigInt(one.no) - BigInt(other.no)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

async function pageAfter(snapshot: Snapshot, place: number, last: Sealed | null): Promise<Sealed[]> {
  const { rows } = await snapshot.query<Sealed>(sql`
    select ${place}::integer as place, clinic_no as "clinicNo", epoch::text as epoch, no::text as no,
           (extract(epoch from at) * 1000000)::bigint::text as micros, kind, count, actor_kind as "actorKind",
           subjects::text as subjects, details::text as details, actor_id as "actorId", subject_id as "subjectId",
           network::text as network, salt, hash, erased
      from holdfast.audit_event a
     where a.no is not null
       and (a.clinic_no, a.epoch, a.no) > (${last?.clinicNo ?? -1}::integer, ${last?.epoch ?? '0'}::bigint,
                                     ${last?.no ?? '0'}::bigint)
     order by a.clinic_no, a.epoch, a.no limit ${pageRows}`)
  return rows
}
