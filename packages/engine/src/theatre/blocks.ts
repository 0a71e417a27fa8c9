import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { lapsedUnits } from '../database/hold-sql.ts'
import { oneRow } from '../database/one-row.ts'
import { largeWriteMs } from '../database/pools.ts'
import { withQueryTimeout } from '../database/prepared.ts'
import { readAfterCommit } from '../database/promptly.ts'
import { type Announce, noSlots } from '../model/committed.ts'
import { clinicNoIn, clinicNoOf, isId, newId } from '../model/id.ts'
import type { SlotDraft } from '../model/slot.ts'
import type { Theatre } from '../model/theatre.ts'
import type {
  Block,
  BlockDraftOutcome,
  BlockOwner,
  ChangeBlockOutcome,
  ChangeBlockRequest,
  CreateBlocksOutcome,
  CreateBlocksRequest,
} from '../model/theatre-resource.ts'
import { expandBlockRule } from './block-rule.ts'

/** `writePool`: for what locks rooms and blocks. */
type BlocksSettings = { pool: pg.Pool; writePool: pg.Pool; announce: Announce }

const selectedBlock = sql`
  select s.id, s.resource_id as "roomId", s.starts_at as "from", s.ends_at as "to",
         coalesce(k.minutes, s.capacity) as minutes,
         s.taken - ${lapsedUnits} as "usedMinutes",
         k.service, k.surgeon_id as "surgeonId", k.release_days as "releaseDays", k.series_id as "seriesId",
         least(k.released_at, s.starts_at - make_interval(days => k.release_days)) as "releasedAt",
         coalesce(least(k.released_at, s.starts_at - make_interval(days => k.release_days)) <= clock_timestamp(), false)
           as "isReleased",
         s.withdrawn_at as "withdrawnAt",
         case when f.block_id is not null then json_build_object('examined', f.examined, 'booked', f.booked) end
           as filling
    from holdfast.block k
    join holdfast.slot s on s.clinic_no = k.clinic_no and s.id = k.slot_id
    left join holdfast.block_filling f on f.clinic_no = k.clinic_no and f.block_id = k.slot_id
                                      and f.running_until > clock_timestamp()`

/** Blocks: times of rooms for services and surgeons. They are withdrawn as slots are. */
export function theatreBlocks(
  settings: BlocksSettings,
): Pick<Theatre, 'createBlocks' | 'changeBlock' | 'block' | 'blocks'> {
  const { pool } = settings
  return {
    createBlocks: (request) => createBlocks(settings, request),

    changeBlock: (request) => changeBlock(settings, request),

    block: (blockId) => readBlock(pool, blockId),

    blocks: ({ clinicNo, from, to }) =>
      readBlocks(
        pool,
        sql`k.clinic_no = ${clinicNo} and s.clinic_no = ${clinicNo} and s.withdrawn_at is null
            and s.starts_at < ${to} and s.ends_at > ${from} order by s.resource_id, s.starts_at`,
      ),
  }
}

async function readBlock(pool: pg.Pool, blockId: string): Promise<Block | null> {
  if (!isId(blockId)) return null
  const [block] = await readBlocks(pool, sql`k.clinic_no = ${clinicNoOf(blockId)} and k.slot_id = ${blockId}`)
  return block ?? null
}

async function readBlocks(pool: pg.Pool, condition: Sql): Promise<Block[]> {
  const { rows } = await pool.query<Block>(sql`${selectedBlock} where ${condition}`)
  return rows
}

async function createBlocks(settings: BlocksSettings, request: CreateBlocksRequest): Promise<CreateBlocksOutcome> {
  const { pool } = settings
  const { roomId, when, dryRun } = request
  const clinicNo = clinicNoIn(roomId)
  const timeZone = clinicNo === null ? null : await zoneOfRoom(pool, clinicNo, roomId)
  if (clinicNo === null || timeZone === null) return { kind: 'resource_missing', path: '/roomId' }
  if (!(await isOwnerThere(pool, clinicNo, request))) return { kind: 'resource_missing', path: '/surgeonId' }
  if ('drafts' in when) {
    return insertBlocks(settings, request, { drafts: when.drafts, missingDates: [], seriesId: null })
  }
  const expanded = expandBlockRule(when.rule, when.minutes, timeZone, new Date())
  if (expanded.kind === 'invalid_rule') return expanded
  return insertBlocks(settings, request, { ...expanded, seriesId: dryRun ? null : randomUUID() })
}

type WantedBlocks = { drafts: SlotDraft[]; missingDates: string[]; seriesId: string | null }

async function insertBlocks(
  { writePool, announce }: BlocksSettings,
  { roomId, service, surgeonId, releaseDays, actorId, dryRun }: CreateBlocksRequest,
  { drafts, missingDates, seriesId }: WantedBlocks,
): Promise<CreateBlocksOutcome> {
  const clinicNo = clinicNoOf(roomId)
  const statement = sql`
    select * from holdfast.create_blocks(${clinicNo}::integer, ${roomId}::uuid,
      ${drafts.map(() => newId(clinicNo))}::uuid[], ${drafts.map(({ startsAt }) => startsAt)}::timestamptz[],
      ${drafts.map(({ endsAt }) => endsAt)}::timestamptz[], ${drafts.map(({ capacity }) => capacity)}::integer[],
      ${service}::text, ${surgeonId}::uuid, ${releaseDays}::integer, ${seriesId}::uuid, ${actorId}::uuid,
      ${dryRun}::boolean)`
  type Row = { ord: number; outcome: BlockDraftOutcome['outcome']; slot_id: string | null; tx: string | null }
  const { rows } = await writePool.query<Row>(withQueryTimeout(statement, largeWriteMs))
  const outcomes = drafts.map((draft, index) => {
    const row = rows[index]
    if (row === undefined) throw new Error(`create_blocks returned ${rows.length} rows for ${drafts.length} drafts.`)
    return { ...draft, outcome: row.outcome, blockId: row.slot_id }
  })
  const position = rows[0]?.tx ?? null
  if (!dryRun && rows.length > 0) announceRoom(announce, roomId, position)
  const name = () => withCases(writePool, roomId, outcomes)
  const items = await (dryRun ? name() : readAfterCommit(name))
  const isSeries = items.some(({ outcome }) => outcome === 'created')
  return { kind: 'done', seriesId: isSeries ? seriesId : null, items, missingDates, position }
}

/** Names the case that is in conflict, where no block is: it was booked in the room's open time. */
async function withCases(
  pool: pg.Pool,
  roomId: string,
  outcomes: readonly Omit<BlockDraftOutcome, 'caseId'>[],
): Promise<BlockDraftOutcome[]> {
  const items = outcomes.map((one): BlockDraftOutcome => ({ ...one, caseId: null }))
  const ofCases = items.filter(({ outcome, blockId }) => outcome === 'conflict' && blockId === null)
  if (ofCases.length === 0) return items
  const { rows } = await pool.query<{ index: number; caseId: string }>(sql`
    select w.n::integer - 1 as index, a.booking_id as "caseId"
      from unnest(${ofCases.map(({ startsAt }) => startsAt)}::timestamptz[],
                  ${ofCases.map(({ endsAt }) => endsAt)}::timestamptz[]) with ordinality w(starts_at, ends_at, n),
           lateral (select a.booking_id from holdfast.allocation a
                     where a.clinic_no = ${clinicNoOf(roomId)} and a.resource_id = ${roomId}
                       and a.during && tstzrange(w.starts_at, w.ends_at)
                     order by a.during limit 1) a`)
  for (const { index, caseId } of rows) {
    const item = ofCases[index]
    if (item !== undefined) item.caseId = caseId
  }
  return items
}

async function changeBlock(
  { pool, writePool, announce }: BlocksSettings,
  { blockId, action, actorId }: ChangeBlockRequest,
): Promise<ChangeBlockOutcome> {
  const clinicNo = clinicNoIn(blockId)
  if (clinicNo === null) return { kind: 'block_missing' }
  const owner = action.kind === 'take_over' ? action : { service: null, surgeonId: null }
  if (!(await isOwnerThere(pool, clinicNo, owner))) return { kind: 'resource_missing', path: '/surgeonId' }
  const minutes = action.kind === 'resize' ? action.minutes : null
  type Row = {
    outcome: 'done' | 'block_missing' | 'minutes_over_length' | 'minutes_in_use'
    used: number
    tx: string | null
  }
  const row = oneRow(
    await writePool.query<Row>(sql`
    select * from holdfast.change_block(${clinicNo}::integer, ${blockId}::uuid, ${action.kind}::text,
      ${owner.service}::text, ${owner.surgeonId}::uuid, ${minutes}::integer, ${actorId}::uuid)`),
  )
  if (row.outcome === 'block_missing' || row.outcome === 'minutes_over_length') return { kind: row.outcome }
  if (row.outcome === 'minutes_in_use') return { kind: 'minutes_in_use', usedMinutes: row.used }
  const block = await readAfterCommit(() => readBlock(pool, blockId))
  if (block === null) throw new Error(`Block ${blockId} is missing.`)
  const position = row.tx ?? ''
  announceRoom(announce, block.roomId, position)
  return { kind: 'done', block, position }
}

/** Under the room, as the log has it. */
function announceRoom(announce: Announce, roomId: string, position: string | null): void {
  announce({
    kind: 'directory',
    position,
    clinicNos: new Set(),
    doctorIds: new Set([roomId]),
    accountIds: new Set(),
    ...noSlots,
  })
}

async function zoneOfRoom(pool: pg.Pool, clinicNo: number, roomId: string): Promise<string | null> {
  const { rows } = await pool.query<{ timezone: string }>(sql`
    select c.timezone from holdfast.resource r join holdfast.clinic c on c.no = r.clinic_no
     where r.clinic_no = ${clinicNo} and r.id = ${roomId} and r.kind = 'operating_room'`)
  return rows[0]?.timezone ?? null
}

/** Whether the surgeon, if one is named, is a doctor of the clinic or a surgeon among its staff. */
async function isOwnerThere(pool: pg.Pool, clinicNo: number, { surgeonId }: BlockOwner): Promise<boolean> {
  if (surgeonId === null) return true
  if (!isId(surgeonId)) return false
  const { rowCount } = await pool.query(sql`
    select from holdfast.resource
     where clinic_no = ${clinicNo} and id = ${surgeonId} and (kind = 'doctor' or profession = 'surgeon')`)
  return rowCount === 1
}
