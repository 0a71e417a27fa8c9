import { createHash } from 'node:crypto'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { inTransaction } from '../database/pools.ts'
import type { AuditHead } from '../model/audit-event.ts'

/** A head that was signed and stored outside of the database. */
export type AnchoredHead = AuditHead & { at: Date }

export type AuditFindingKind =
  /** A row is not what was sealed, or the one before it was exchanged. */
  | 'changed'
  /** Rows between two others, before the first or after the last are not there. */
  | 'missing'
  /** A row was added for more than ten minutes, and is in no chain: nothing seals. */
  | 'unsealed'
  /** The database has another row than the one that was stored outside. */
  | 'anchor_differs'

export type AuditFinding = { kind: AuditFindingKind; clinicNo: number; epoch: string; no: string; message: string }

export type AuditReport = {
  chains: number
  events: number
  /** Events from which an account was erased. */
  erased: number
  /** Chains that end before an event that was anchored, because the database was restored to an earlier moment. */
  restored: { clinicNo: number; epoch: string; no: string; lost: number }[]
  findings: AuditFinding[]
}

type Sealed = {
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
/** Sealed within a minute; more if the jobs have just started. */
const unsealedMinutesMax = 10
/** The application cannot delete younger events: see purge_audit_events. */
const purgedDaysMin = 28
const version = Buffer.from('holdfast audit 1')
const none = Buffer.alloc(32)

/** The hash of a sealed row after that of the row before it. A second implementation of `audit_hash`. */
function hashOf(row: Sealed, previous: Buffer): Buffer {
  const { clinicNo, epoch, no, micros, kind, count, actorKind, subjects, details } = row
  const content = [clinicNo, epoch, no, micros, kind, count, actorKind, subjects, details].join(' ')
  const person = [row.actorId, row.subjectId, row.network].map((value) => value ?? '-').join(' ')
  const digest = row.erased ?? createHash('sha256').update(row.salt).update(person).digest()
  return createHash('sha256').update(version).update(previous).update(content).update(digest).digest()
}

/** What rows of the log say about the ends of other parts of it. */
type Ends = {
  /** By chain: the row that a database goes on from. */
  heads: Map<string, AuditHead>
  /** By chain and number: the hash of the last row that retention has deleted. */
  purged: Map<string, string>
  /** By chain: the number of that row. */
  purgedUntil: Map<string, bigint>
  /** By chain: the last row before a new chain began. */
  begunAfter: Map<string, AuditHead>
}

const chainOf = ({ clinicNo, epoch }: Pick<AuditHead, 'clinicNo' | 'epoch'>) => `${clinicNo}/${epoch}`
const placeOf = (head: Pick<AuditHead, 'clinicNo' | 'epoch' | 'no'>) => `${chainOf(head)}/${head.no}`

/**
 * Verifies the chains of the security log in these databases, row by row, and against the heads that were stored
 * outside of them. It locks nothing and changes nothing, and reads each database as it was at one moment.
 *
 * @param pools all databases of an installation: a clinic's events go with it from one to another
 * @param anchored heads whose signatures are valid
 */
export function verifyAudit(
  pools: readonly pg.Pool[],
  { anchored, onProgress }: { anchored: readonly AnchoredHead[]; onProgress?: (events: number) => void },
): Promise<AuditReport> {
  return inSnapshots(pools, async (snapshots) => {
    const report: AuditReport = { chains: 0, events: 0, erased: 0, restored: [], findings: [] }
    const ends: Ends = { heads: new Map(), purged: new Map(), purgedUntil: new Map(), begunAfter: new Map() }
    const waiting = new Map<string, AnchoredHead>()
    for (const head of anchored) expectAnchor(report, waiting, head)
    for (const snapshot of snapshots) await readEnds(snapshot, ends)
    for (const snapshot of snapshots) {
      await verifyUnsealed(snapshot, report)
      await verifyChains(snapshot, { report, ends, waiting, onProgress })
    }
    for (const head of ends.heads.values()) if (!ends.purged.has(placeOf(head))) findGone(report, head)
    for (const head of waiting.values()) judgeMissing(report, ends, head)
    return report
  })
}

type Snapshot = Pick<pg.PoolClient, 'query'>

/** Runs `work` with a transaction of each pool that sees one moment. */
function inSnapshots<Result>(
  [first, ...others]: readonly pg.Pool[],
  work: (snapshots: readonly Snapshot[]) => Promise<Result>,
  opened: readonly Snapshot[] = [],
): Promise<Result> {
  if (first === undefined) return work(opened)
  return inTransaction(
    first,
    (snapshot) => inSnapshots(others, work, [...opened, snapshot]),
    'begin isolation level repeatable read read only',
  )
}

/** Two anchors of one place must agree. */
function expectAnchor({ findings }: AuditReport, waiting: Map<string, AnchoredHead>, head: AnchoredHead): void {
  const known = waiting.get(placeOf(head))
  if (known === undefined) waiting.set(placeOf(head), head)
  else if (known.hash !== head.hash) {
    const [one, other] = [known.at.toISOString(), head.at.toISOString()]
    const message = `two events with this number were anchored, at ${one} and ${other}`
    findings.push({ kind: 'anchor_differs', ...head, message })
  }
}

async function readEnds(snapshot: Snapshot, { heads, purged, purgedUntil, begunAfter }: Ends): Promise<void> {
  const { rows: chains } = await snapshot.query<AuditHead>(sql`
    select clinic_no as "clinicNo", epoch::text as epoch, no::text as no, encode(hash, 'hex') as hash
      from holdfast.audit_chain where no > 0`)
  for (const head of chains) heads.set(chainOf(head), head)
  const { rows } = await snapshot.query<AuditHead & { kind: string }>(sql`
    select kind, clinic_no as "clinicNo", details[1] as epoch, details[2] as no, details[3] as hash
      from holdfast.audit_event
     where kind in ('log_purged', 'log_chain_begun') and cardinality(details) = 3`)
  for (const { kind, ...end } of rows) {
    if (kind === 'log_chain_begun') begunAfter.set(chainOf(end), end)
    else {
      purged.set(placeOf(end), end.hash)
      const until = purgedUntil.get(chainOf(end)) ?? 0n
      if (BigInt(end.no) > until) purgedUntil.set(chainOf(end), BigInt(end.no))
    }
  }
}

async function verifyUnsealed(snapshot: Snapshot, { findings }: AuditReport): Promise<void> {
  const { rows } = await snapshot.query<{ clinicNo: number; count: string; at: Date }>(sql`
    select clinic_no as "clinicNo", count(*) as count, min(at) as at from holdfast.audit_event
     where no is null and at < clock_timestamp() - make_interval(mins => ${unsealedMinutesMax})
     group by clinic_no order by clinic_no`)
  for (const { clinicNo, count, at } of rows) {
    const message = `${count} events since ${at.toISOString()} are in no chain: does a worker run?`
    findings.push({ kind: 'unsealed', clinicNo, epoch: '-', no: '-', message })
  }
}

type Verification = {
  report: AuditReport
  ends: Ends
  /** Anchored heads whose events were not read yet. */
  waiting: Map<string, AnchoredHead>
  onProgress: ((events: number) => void) | undefined
}

async function verifyChains(snapshot: Snapshot, verification: Verification): Promise<void> {
  const { report, onProgress } = verification
  let last: Sealed | null = null
  for (;;) {
    const rows: Sealed[] = await pageAfter(snapshot, last)
    for (const row of rows) {
      const isSameChain = last !== null && chainOf(last) === chainOf(row)
      if (!isSameChain) {
        if (last !== null) verifyEnd(verification, last)
        report.chains += 1
      }
      verifyRow(verification, row, isSameChain ? last : null)
      last = row
    }
    report.events += rows.length
    onProgress?.(report.events)
    if (rows.length < pageRows) break
  }
  if (last !== null) verifyEnd(verification, last)
}

async function pageAfter(snapshot: Snapshot, last: Sealed | null): Promise<Sealed[]> {
  const { rows } = await snapshot.query<Sealed>(sql`
    select clinic_no as "clinicNo", epoch::text as epoch, no::text as no,
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

function verifyRow({ report, ends, waiting }: Verification, row: Sealed, before: Sealed | null): void {
  const { findings } = report
  const { clinicNo, epoch, no } = row
  const find = (kind: AuditFindingKind, message: string) => findings.push({ kind, clinicNo, epoch, no, message })
  if (row.erased !== null) report.erased += 1
  const expected = before === null ? 1n : BigInt(before.no) + 1n
  let previous: Buffer | null = before?.hash ?? none
  if (BigInt(no) !== expected) {
    const purged = before === null ? ends.purged.get(`${chainOf(row)}/${BigInt(no) - 1n}`) : undefined
    previous = purged === undefined ? null : Buffer.from(purged, 'hex')
    if (purged === undefined) find('missing', `events ${expected} to ${BigInt(no) - 1n} are not there`)
  }
  if (previous !== null && !hashOf(row, previous).equals(row.hash)) {
    find('changed', 'the event, or the hash of the one before it, is not what was sealed')
  }
  const anchor = waiting.get(placeOf(row))
  if (anchor === undefined) return
  waiting.delete(placeOf(row))
  if (anchor.hash !== row.hash.toString('hex')) {
    find('anchor_differs', `another event with this number was anchored at ${anchor.at.toISOString()}`)
  }
}

/** The last row of a chain must be the one that its database goes on from, or after which a later chain began. */
function verifyEnd({ report, ends }: Verification, last: Sealed): void {
  const head = ends.heads.get(chainOf(last)) ?? ends.begunAfter.get(chainOf(last))
  ends.heads.delete(chainOf(last))
  if (head === undefined) return
  if (BigInt(last.no) < BigInt(head.no)) findGone(report, head, BigInt(last.no) + 1n)
  else if (head.no !== last.no || head.hash !== last.hash.toString('hex')) {
    const { clinicNo, epoch, no } = head
    report.findings.push({ kind: 'changed', clinicNo, epoch, no, message: 'the last event is another one' })
  }
}

function findGone({ findings }: AuditReport, { clinicNo, epoch, no }: AuditHead, from = 1n): void {
  findings.push({ kind: 'missing', clinicNo, epoch, no, message: `events ${from} to ${no} are not there` })
}

/** An anchored event is in none of the databases. */
function judgeMissing(report: AuditReport, { purgedUntil, begunAfter }: Ends, head: AnchoredHead): void {
  const { clinicNo, epoch, no } = head
  const until = purgedUntil.get(chainOf(head))
  if (until !== undefined && until >= BigInt(no)) {
    const days = (Date.now() - head.at.getTime()) / 86_400_000
    if (days >= purgedDaysMin) return
    const message = `the event was anchored ${Math.floor(days)} days ago, and is deleted as if it were old`
    report.findings.push({ kind: 'missing', clinicNo, epoch, no, message })
    return
  }
  const begun = begunAfter.get(chainOf(head))
  if (begun !== undefined && BigInt(begun.no) < BigInt(no)) {
    const lost = Number(BigInt(no) - BigInt(begun.no))
    const known = report.restored.find((one) => chainOf(one) === chainOf(head))
    if (known === undefined) report.restored.push({ clinicNo, epoch, no: begun.no, lost })
    else known.lost = Math.max(known.lost, lost)
    return
  }
  const message = `the event was anchored at ${head.at.toISOString()}, and is not there`
  report.findings.push({ kind: 'missing', clinicNo, epoch, no, message })
}
