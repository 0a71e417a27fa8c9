import type pg from 'pg'
import sql from 'sql-template-tag'
import type { AuditHead } from '../model/audit-event.ts'
import { hashOf, inOrder, inSnapshots, noHash, rowsOf, type Sealed, type Snapshot } from './sealed-rows.ts'

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
  /** Events older than ten minutes were not stored outside. */
  | 'unanchored'

export type AuditFinding = { kind: AuditFindingKind; clinicNo: number; epoch: string; no: string; message: string }

/**
 * A chain that goes back to the event `no`. `lost`: how many events after it were anchored, and are nowhere.
 * `elsewhere`: how many are in another database, to which the clinic has moved with them.
 */
export type RestoredChain = { clinicNo: number; epoch: string; no: string; lost: number; elsewhere: number }

export type AuditReport = {
  chains: number
  events: number
  /** Events from which an account was erased. */
  erased: number
  /** Chains that go back in a database, because it was restored to an earlier moment. */
  restored: RestoredChain[]
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

/** Sealed and anchored within a minute; more if the jobs have just started. */
const lateMinutesMax = 10
const monthDaysMin = 28
const dayMs = 86_400_000
const progressRows = 5_000

/** What rows of the log say about the ends of other parts of it. */
type Ends = {
  /** By chain: the row that a database goes on from. */
  heads: Map<string, PlacedHead & { sealedAt: Date }>
  /** By chain and number: the hash of the last row that retention has deleted. */
  purged: Map<string, string>
  /** By chain: the number of that row, and when it was deleted. */
  purges: Map<string, { until: bigint; at: Date }[]>
  /** By clinic: how many rows an account was erased from. */
  erased: Map<number, number>
  /** By chain: the last row before a new chain began, and the epoch of that (null: it has no number yet). */
  begunAfter: Map<string, PlacedHead & { next: string | null }>
}
type PlacedHead = AuditHead & { place: number }

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
    for (const [place, snapshot] of snapshots.entries()) {
      await readEnds(snapshot, place, ends)
      await verifyUnsealed(snapshot, report)
    }
    const anchoredUntil = new Map<string, bigint>()
    const anchoredEpochs = new Map<number, bigint>()
    for (const head of waiting.values()) {
      raise(anchoredUntil, chainOf(head), BigInt(head.no))
      raise(anchoredEpochs, head.clinicNo, BigInt(head.epoch))
    }
    await verifyChains(snapshots, { report, ends, waiting, anchoredUntil, anchoredEpochs, options })
    const lost: Lost = new Map()
    for (const head of waiting.values()) judgeMissing(report, { ends, lost, options }, head)
    for (const { after, count } of lost.values()) restoredTo(report, after).lost += Number(count)
    return report
  })
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

function raise<Key>(numbers: Map<Key, bigint>, key: Key, no: bigint): void {
  if ((numbers.get(key) ?? 0n) < no) numbers.set(key, no)
}

async function readEnds(snapshot: Snapshot, place: number, ends: Ends): Promise<void> {
  const { rows: chains } = await snapshot.query<AuditHead & { sealedAt: Date }>(sql`
    select clinic_no as "clinicNo", epoch::text as epoch, no::text as no, encode(hash, 'hex') as hash,
           sealed_at as "sealedAt"
      from holdfast.audit_chain where no > 0`)
  for (const head of chains) ends.heads.set(chainOf(head), { ...head, place })
  // Only the database adds these: append_audit_events refuses them.
  const { rows } = await snapshot.query<AuditHead & { kind: string; at: Date; next: string | null }>(sql`
    select kind, at, epoch::text as next, clinic_no as "clinicNo",
           details[1] as epoch, details[2] as no, details[3] as hash
      from holdfast.audit_event
     where kind in ('log_purged', 'log_chain_begun', 'log_erased') and actor_kind = 'system'
       and details[1] ~ '^[0-9]{1,18}$'
       and (kind = 'log_erased' or details[2] ~ '^[0-9]{1,18}$' and details[3] ~ '^[0-9a-f]{64}$')`)
  for (const { kind, at, ...end } of rows) {
    if (kind === 'log_chain_begun') ends.begunAfter.set(chainOf(end), { ...end, place })
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
  /** By clinic: the last epoch of which a head was anchored. */
  anchoredEpochs: ReadonlyMap<number, bigint>
  options: AuditVerification
}

/** The chains of all databases: events of a clinic that has moved may be sealed in the one where it was. */
async function verifyChains(snapshots: readonly Snapshot[], verification: Verification): Promise<void> {
  const { report, ends, options } = verification
  const seen = new Set<string>()
  const erased = new Map<number, number>()
  let last: Sealed | null = null
  let beforeLast: Sealed | null = null
  let goesOn: GoesOn = noRow
  let firstUnanchored: Sealed | null = null
  for await (const row of inOrder(snapshots.map(rowsOf))) {
    const isSameChain = last !== null && chainOf(last) === chainOf(row)
    if (!isSameChain) {
      if (last !== null) verifyEnd(verification, last, goesOn, firstUnanchored)
      seen.add(chainOf(row))
      goesOn = noRow
      firstUnanchored = null
    }
    goesOn = after(goesOn, headOf(ends, row), row)
    const copied = last !== null && placeOf(last) === placeOf(row) ? last : null
    if (copied === null) beforeLast = isSameChain ? last : null
    verifyRow(verification, row, { before: beforeLast, copied })
    if (copied !== null) continue
    if (firstUnanchored === null && isUnanchored(verification, row)) firstUnanchored = row
    if (row.erased !== null) erased.set(row.clinicNo, (erased.get(row.clinicNo) ?? 0) + 1)
    last = row
    report.events += 1
    if (report.events % progressRows === 0) options.onProgress?.(report.events)
  }
  if (last !== null) verifyEnd(verification, last, goesOn, firstUnanchored)
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

/**
 * @param other the row before it, and the same one in another database: both have it if the clinic has moved, and the
 * database where it was is restored to a time before
 */
function verifyRow(
  { report, ends, waiting }: Verification,
  row: Sealed,
  { before, copied }: { before: Sealed | null; copied: Sealed | null },
): void {
  const { findings } = report
  const { clinicNo, epoch, no } = row
  const find = (kind: AuditFindingKind, message: string) => findings.push({ kind, clinicNo, epoch, no, message })
  const isPersonShown = [row.actorId, row.subjectId, row.network].some((value) => value !== null)
  if (row.erased !== null && (isPersonShown || row.salt.length > 0)) {
    find('changed', 'the event names a person, and says that it was erased')
  }
  if (timeOf(row) > Date.now() + lateMinutesMax * 60_000) find('changed', 'the time of the event has not come')
  if (copied !== null && !copied.hash.equals(row.hash)) find('changed', 'two databases have different events')
  const expected = before === null ? 1n : BigInt(before.no) + 1n
  let previous: Buffer | null = before?.hash ?? noHash
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

const headOf = ({ heads, begunAfter }: Ends, row: Sealed) => heads.get(chainOf(row)) ?? begunAfter.get(chainOf(row))

/**
 * How a chain relates to the end that a database goes on from: whether a row is that end, and whether that database has
 * later ones.
 */
type GoesOn = { hasEnd: boolean; isLonger: boolean }
const noRow: GoesOn = { hasEnd: false, isLonger: false }

function after(so: GoesOn, head: PlacedHead | undefined, row: Sealed): GoesOn {
  if (head === undefined || BigInt(row.no) < BigInt(head.no)) return so
  if (row.no !== head.no) return { ...so, isLonger: so.isLonger || row.place === head.place }
  return { ...so, hasEnd: so.hasEnd || row.hash.toString('hex') === head.hash }
}

/** No end from this row on was stored outside, although the row is old enough. */
function isUnanchored({ anchoredUntil, options }: Verification, row: Sealed): boolean {
  if (options.anchored === null || (anchoredUntil.get(chainOf(row)) ?? 0n) >= BigInt(row.no)) return false
  return timeOf(row) > options.since.getTime() && timeOf(row) < Date.now() - lateMinutesMax * 60_000
}

/**
 * The last row of a chain must be the one that its database goes on from, or after which a later chain began. Later
 * rows in another database, which are chained to that one, were taken along by the clinic: the restored database has
 * forgotten them.
 *
 * @param firstUnanchored the oldest row of the chain that should have been stored outside. A later chain names the end
 * of one that is over: an anchor of it is enough
 */
function verifyEnd(
  { report, ends, anchoredEpochs }: Verification,
  last: Sealed,
  goesOn: GoesOn,
  firstUnanchored: Sealed | null,
): void {
  const head = headOf(ends, last)
  if (head === undefined) return
  const { clinicNo, epoch, no } = head
  if (BigInt(last.no) < BigInt(no)) findGone(report, head, BigInt(last.no) + 1n)
  else if (goesOn.hasEnd && !goesOn.isLonger && last.no !== no) {
    restoredTo(report, head).elsewhere = Number(BigInt(last.no) - BigInt(no))
  } else if (no !== last.no || head.hash !== last.hash.toString('hex')) {
    report.findings.push({ kind: 'changed', clinicNo, epoch, no, message: 'the last event is another one' })
  }
  const isOver = !ends.heads.has(chainOf(last))
  if (firstUnanchored === null || (isOver && (anchoredEpochs.get(clinicNo) ?? 0n) > BigInt(epoch))) return
  const since = new Date(timeOf(firstUnanchored)).toISOString()
  const message = `the events from this one on, which is of ${since}, were not anchored`
  report.findings.push({ kind: 'unanchored', clinicNo, epoch, no: firstUnanchored.no, message })
}

function findGone({ findings }: AuditReport, { clinicNo, epoch, no }: AuditHead, from = 1n): void {
  findings.push({ kind: 'missing', clinicNo, epoch, no, message: `events ${from} to ${no} are not there` })
}

/** An anchored event is in none of the databases. */
function judgeMissing(
  report: AuditReport,
  { ends, lost, options: { months } }: { ends: Ends; lost: Lost; options: AuditVerification },
  head: AnchoredHead,
): void {
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
  const after = begun ?? lastBefore(ends, head)
  const count = BigInt(no) - BigInt(begun?.no ?? 0)
  if (after !== undefined && count > 0n) {
    if (count > (lost.get(chainOf(head))?.count ?? 0n)) lost.set(chainOf(head), { after, count })
    return
  }
  const message = `the event was anchored at ${head.at.toISOString()}, and is not there`
  report.findings.push({ kind: 'missing', clinicNo, epoch, no, message })
}

/** By chain of which anchored events are nowhere: after which one a database was restored, and how many they are. */
type Lost = Map<string, { after: AuditHead; count: bigint }>

/**
 * Where a clinic's log goes on in a later epoch from an earlier one than that of this head: the database was restored
 * to before the epoch began. Of a clinic that is in no database any more, that of the installation (0) says so.
 */
function lastBefore({ heads, begunAfter }: Ends, { clinicNo, epoch }: AuditHead): PlacedHead | undefined {
  const isThere = [...heads.values()].some((head) => head.clinicNo === clinicNo)
  return [...begunAfter.values()].find(
    (end) =>
      end.clinicNo === (isThere ? clinicNo : 0) &&
      BigInt(end.epoch) < BigInt(epoch) &&
      (end.next === null || BigInt(epoch) < BigInt(end.next)),
  )
}

/** What is noted about a chain that goes back to this event. */
function restoredTo({ restored }: AuditReport, { clinicNo, epoch, no }: AuditHead): RestoredChain {
  const known = restored.find((one) => chainOf(one) === chainOf({ clinicNo, epoch }))
  if (known !== undefined) return known
  const added = { clinicNo, epoch, no, lost: 0, elsewhere: 0 }
  restored.push(added)
  return added
}
