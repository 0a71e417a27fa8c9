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
  /** A chain has grown, and its end was not stored outside. */
  | 'unanchored'

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

export type AuditVerification = {
  /** Heads whose signatures are valid. null: they are stored nowhere, or not to be compared. */
  anchored: readonly AnchoredHead[] | null
  /** Since when all anchors are in `anchored`. */
  since: Date
  /** For how many months events are stored: purge_audit_events deletes no younger ones. */
  months: number
  onProgress?: (events: number) => void
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
/** Sealed and anchored within a minute; more if the jobs have just started. */
const lateMinutesMax = 10
const monthDaysMin = 28
const dayMs = 86_400_000
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
  heads: Map<string, AuditHead & { sealedAt: Date }>
  /** By chain and number: the hash of the last row that retention has deleted. */
  purged: Map<string, string>
  /** By chain: the number of that row, and when it was deleted. */
  purges: Map<string, { until: bigint; at: Date }[]>
  /** By clinic: how many rows an account was erased from. */
  erased: Map<number, number>
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
 */
export function verifyAudit(pools: readonly pg.Pool[], options: AuditVerification): Promise<AuditReport> {
  return inSnapshots(pools, async (snapshots) => {
    const report: AuditReport = { chains: 0, events: 0, erased: 0, restored: [], findings: [] }
    const ends: Ends = {
      heads: new Map(),
      purged: new Map(),
      purges: new Map(),
      erased: new Map(),
      begunAfter: new Map(),
    }
    const waiting = new Map<string, AnchoredHead>()
    for (const head of options.anchored ?? []) expectAnchor(report, waiting, head)
    for (const snapshot of snapshots) {
      await readEnds(snapshot, ends)
      await verifyUnsealed(snapshot, report)
    }
    const anchoredUntil = new Map<string, bigint>()
    for (const head of waiting.values()) raise(anchoredUntil, chainOf(head), BigInt(head.no))
    await verifyChains(snapshots, { report, ends, waiting, anchoredUntil, options })
    for (const head of waiting.values()) judgeMissing(report, ends, head, options)
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
    async (snapshot) => {
      // One waits while the others are read.
      await snapshot.query('set local idle_in_transaction_session_timeout = 0')
      return inSnapshots(others, work, [...opened, snapshot])
    },
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

function raise(numbers: Map<string, bigint>, chain: string, no: bigint): void {
  if ((numbers.get(chain) ?? 0n) < no) numbers.set(chain, no)
}

async function readEnds(snapshot: Snapshot, ends: Ends): Promise<void> {
  const { rows: chains } = await snapshot.query<AuditHead & { sealedAt: Date }>(sql`
    select clinic_no as "clinicNo", epoch::text as epoch, no::text as no, encode(hash, 'hex') as hash,
           sealed_at as "sealedAt"
      from holdfast.audit_chain where no > 0`)
  for (const head of chains) ends.heads.set(chainOf(head), head)
  // Only the database adds these: append_audit_events refuses them.
  const { rows } = await snapshot.query<AuditHead & { kind: string; at: Date }>(sql`
    select kind, at, clinic_no as "clinicNo", details[1] as epoch, details[2] as no, details[3] as hash
      from holdfast.audit_event
     where kind in ('log_purged', 'log_chain_begun', 'log_erased') and actor_kind = 'system'
       and details[1] ~ '^[0-9]{1,18}$'
       and (kind = 'log_erased' or details[2] ~ '^[0-9]{1,18}$' and details[3] ~ '^[0-9a-f]{64}$')`)
  for (const { kind, at, ...end } of rows) {
    if (kind === 'log_chain_begun') ends.begunAfter.set(chainOf(end), end)
    else if (kind === 'log_purged') {
      ends.purged.set(placeOf(end), end.hash)
      ends.purges.set(chainOf(end), [...(ends.purges.get(chainOf(end)) ?? []), { until: BigInt(end.no), at }])
    } else ends.erased.set(end.clinicNo, (ends.erased.get(end.clinicNo) ?? 0) + Number(end.epoch))
  }
}

async function verifyUnsealed(snapshot: Snapshot, { findings }: AuditReport): Promise<void> {
  const { rows } = await snapshot.query<{ clinicNo: number; count: string; at: Date }>(sql`
    select clinic_no as "clinicNo", count(*) as count, min(at) as at from holdfast.audit_event
     where no is null
       and abs(extract(epoch from clock_timestamp() - at)) > ${lateMinutesMax * 60}
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
  /** By chain: the highest number that was anchored. */
  anchoredUntil: ReadonlyMap<string, bigint>
  options: AuditVerification
}

/** The chains of all databases: events of a clinic that has moved may be sealed in the one where it was. */
async function verifyChains(snapshots: readonly Snapshot[], verification: Verification): Promise<void> {
  const { report, ends, options } = verification
  const seen = new Set<string>()
  const erased = new Map<number, number>()
  let last: Sealed | null = null
  for await (const row of inOrder(snapshots.map(rowsOf))) {
    const isSameChain = last !== null && chainOf(last) === chainOf(row)
    if (!isSameChain) {
      if (last !== null) verifyEnd(verification, last)
      seen.add(chainOf(row))
    }
    verifyRow(verification, row, isSameChain ? last : null)
    if (row.erased !== null) erased.set(row.clinicNo, (erased.get(row.clinicNo) ?? 0) + 1)
    last = row
    report.events += 1
    if (report.events % pageRows === 0) options.onProgress?.(report.events)
  }
  if (last !== null) verifyEnd(verification, last)
  report.chains = seen.size
  verifyErased(verification, erased)
  const oldest = Date.now() - 2 * options.months * 31 * dayMs
  const leftOver = [...ends.heads.values()].filter(({ sealedAt }) => sealedAt.getTime() > oldest)
  for (const end of [...leftOver, ...ends.begunAfter.values()]) {
    if (!seen.has(chainOf(end)) && !ends.purged.has(placeOf(end))) findGone(report, end)
  }
}

/** Each erasure says how many rows it has changed. */
function verifyErased({ report, ends }: Verification, erased: ReadonlyMap<number, number>): void {
  for (const [clinicNo, count] of erased) {
    report.erased += count
    const noted = ends.erased.get(clinicNo) ?? 0
    if (count <= noted) continue
    const message = `${count} events have no person any more, and erasures of ${noted} were recorded`
    report.findings.push({ kind: 'changed', clinicNo, epoch: '-', no: '-', message })
  }
}

async function* rowsOf(snapshot: Snapshot): AsyncGenerator<Sealed> {
  for (let last: Sealed | null = null; ; ) {
    const rows: Sealed[] = await pageAfter(snapshot, last)
    yield* rows
    last = rows.at(-1) ?? null
    if (rows.length < pageRows) return
  }
}

/** The rows of all sources, each of which is in order. */
async function* inOrder(sources: readonly AsyncGenerator<Sealed>[]): AsyncGenerator<Sealed> {
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
  const isPersonShown = [row.actorId, row.subjectId, row.network].some((value) => value !== null)
  if (row.erased !== null && (isPersonShown || row.salt.length > 0)) {
    find('changed', 'the event names a person, and says that it was erased')
  }
  if (timeOf(row) > Date.now() + lateMinutesMax * 60_000) find('changed', 'the time of the event has not come')
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

const timeOf = ({ micros }: Sealed) => Number(BigInt(micros) / 1000n)

/** The last row of a chain must be the one that its database goes on from, or after which a later chain began. */
function verifyEnd({ report, ends, anchoredUntil, options }: Verification, last: Sealed): void {
  const chain = chainOf(last)
  const current = ends.heads.get(chain)
  const head = current ?? ends.begunAfter.get(chain)
  if (head === undefined) return
  const { clinicNo, epoch, no } = head
  if (BigInt(last.no) < BigInt(no)) findGone(report, head, BigInt(last.no) + 1n)
  else if (no !== last.no || head.hash !== last.hash.toString('hex')) {
    report.findings.push({ kind: 'changed', clinicNo, epoch, no, message: 'the last event is another one' })
  }
  if (options.anchored === null || current === undefined) return
  const { sealedAt } = current
  // The time of the last event is part of its hash; that of the sealing is not.
  const endedMs = Math.max(sealedAt.getTime(), timeOf(last))
  const isDue = endedMs > options.since.getTime() && endedMs < Date.now() - lateMinutesMax * 60_000
  if (!isDue || (anchoredUntil.get(chain) ?? 0n) >= BigInt(no)) return
  const message = `the end of the chain is from ${new Date(endedMs).toISOString()}, and was not anchored`
  report.findings.push({ kind: 'unanchored', clinicNo, epoch, no, message })
}

function findGone({ findings }: AuditReport, { clinicNo, epoch, no }: AuditHead, from = 1n): void {
  findings.push({ kind: 'missing', clinicNo, epoch, no, message: `events ${from} to ${no} are not there` })
}

/** An anchored event is in none of the databases. */
function judgeMissing(report: AuditReport, ends: Ends, head: AnchoredHead, { months }: AuditVerification): void {
  const { clinicNo, epoch, no } = head
  const daysOld = (Date.now() - head.at.getTime()) / dayMs
  // What said that it was deleted may be deleted, too.
  if (daysOld > 2 * months * monthDaysMin) return
  const purges = ends.purges.get(chainOf(head)) ?? []
  const [purge] = purges.filter(({ until }) => until >= BigInt(no)).sort((one, other) => +one.at - +other.at)
  if (purge !== undefined) {
    // One whose time has not come would let anything be old.
    const days = (Math.min(purge.at.getTime(), Date.now()) - head.at.getTime()) / dayMs
    if (days >= months * monthDaysMin - 1) return
    const message = `the event was deleted after ${Math.floor(days)} days, and is to be stored for ${months} months`
    report.findings.push({ kind: 'missing', clinicNo, epoch, no, message })
    return
  }
  const begun = ends.begunAfter.get(chainOf(head))
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
