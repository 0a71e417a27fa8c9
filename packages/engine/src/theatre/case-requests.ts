import { caseUrgencies } from '@holdfast/vocabulary'
import pg from 'pg'
import sql, { join, type Sql } from 'sql-template-tag'
import type { AnnouncedTransaction } from '../database/announced-transaction.ts'
import { isLapsed } from '../database/hold-sql.ts'
import { oneRow } from '../database/one-row.ts'
import { cursorOf, InvalidCursor } from '../lists/cursor.ts'
import { pageOf } from '../lists/page.ts'
import { allItems } from '../lists/pages-of.ts'
import { foldedOnce, hasPart, hasWords } from '../lists/search-text.ts'
import { clinicNoIn, clinicNoOf, isId, newId } from '../model/id.ts'
import { idsFrom } from '../model/id-bounds.ts'
import type { Page } from '../model/page.ts'
import type { OnceResult, WriteKey } from '../model/stored-responses.ts'
import type {
  CaseInvalid,
  CaseRequest,
  CaseRequestChange,
  CaseRequestsFilter,
  ChangeCaseRequestOutcome,
  CreateCaseRequestOutcome,
  RequestFit,
  Theatre,
} from '../model/theatre.ts'
import type { Block } from '../model/theatre-resource.ts'
import { runOnce } from '../stored-responses/run-once.ts'
import { isOfSurgeon } from './case-conditions.ts'

const pageMax = 1_000
export const cursorOfRequests = cursorOf('case-requests', ['id'])
/** Holds end within hours. One that is older and was not swept yet counts as live until the nightly sweep. */
const recentMs = 31 * 86_400_000
const triesMax = 5
/** save_case_request raises it by itself: another request has just stored the same new patient. */
const serializationFailure = '40001'

type RequestRow = Omit<CaseRequest, 'patient' | 'procedure'> & {
  mrn: string | null
  patientName: string | null
  birthDate: string | null
  procedureCode: string
  procedureDisplay: string
}

/**
 * The case that was made for request `q` is live: see request_seems_open.sql. A live case takes a room; bookings are
 * read for holds that have lapsed.
 */
const isScheduled = () => sql`
  (exists (select from holdfast.allocation a
            where a.clinic_no = q.clinic_no and a.booking_id = q.case_id)
   and not exists (select from holdfast.booking b
                    where b.clinic_no = q.clinic_no and b.id = q.case_id
                      and b.id >= ${idsFrom(new Date(Date.now() - recentMs))}::uuid and ${isLapsed}))`

const selectedRequest = () => sql`
  select q.id, q.patient_id as "patientId", p.mrn, p.name as "patientName", p.birth_date as "birthDate", q.service,
         q.procedure_code as "procedureCode", q.procedure_display as "procedureDisplay", q.minutes, q.urgency,
         q.due_on as "dueOn", q.room_id as "roomId", q.surgeon_id as "surgeonId",
         q.anaesthetist_id as "anaesthetistId", q.staff_ids as "staffIds", q.equipment, q.note,
         case when ${isScheduled()} then 'scheduled' when q.withdrawn_at is not null then 'withdrawn' else 'open' end
           as status,
         case when ${isScheduled()} then q.case_id end as "caseId", q.bumped_case_id as "bumpedCaseId",
         q.bump_reason as "bumpReason", q.created_by as "createdBy", q.created_at as "createdAt", q.version
    from holdfast.case_request q
    left join holdfast.patient o on o.clinic_no = q.clinic_no and o.id = q.patient_id
    left join holdfast.patient p on p.clinic_no = q.clinic_no and p.id = coalesce(o.merged_into, o.id)`

/** What the list is ordered by: urgency and due day, which change, and what does not. */
const sortKey = sql`
  array_position(${caseUrgencies}::text[], q.urgency), coalesce(q.due_on, 'infinity'),
  q.created_at, q.id`

/** The waitlist. */
export function caseRequests(
  pool: pg.Pool,
  announced: AnnouncedTransaction,
): Pick<
  Theatre,
  | 'createCaseRequest'
  | 'changeCaseRequest'
  | 'withdrawCaseRequest'
  | 'caseRequest'
  | 'caseRequests'
  | 'caseRequestsPage'
> {
  return {
    createCaseRequest: (clinicNo, request, writeKey) => createCaseRequest(announced, clinicNo, request, writeKey),

    changeCaseRequest: (requestId, version, change) => changeCaseRequest(announced, requestId, version, change),

    async withdrawCaseRequest(requestId) {
      const clinicNo = clinicNoIn(requestId)
      if (clinicNo === null) return false
      const statement = sql`
        select holdfast.withdraw_case_request(${clinicNo}::integer, ${requestId}::uuid) as withdrawn`
      const { rows } = await announced((transaction) => transaction.query<{ withdrawn: boolean }>(statement))
      return rows[0]?.withdrawn ?? false
    },

    async caseRequest(requestId) {
      if (!isId(requestId)) return null
      const [found] = await readRequests(
        pool,
        sql`where q.clinic_no = ${clinicNoOf(requestId)} and q.id = ${requestId}`,
      )
      return found ?? null
    },

    caseRequests: (query) => allItems((cursor) => readPage(pool, { ...query, limit: pageMax, cursor })),

    caseRequestsPage: (query) => readPage(pool, query),
  }
}

async function readPage(
  pool: pg.Pool,
  { clinicNo, status, surgeonId, limit, cursor, filter = {} }: Parameters<Theatre['caseRequestsPage']>[0],
): Promise<Page<CaseRequest>> {
  const conditions = {
    open: sql`and q.withdrawn_at is null and not ${isScheduled()}`,
    scheduled: sql`and ${isScheduled()}`,
    withdrawn: sql`and q.withdrawn_at is not null and not ${isScheduled()}`,
  }
  const [after] = cursor === null ? [] : cursorOfRequests.decode(cursor)
  const isOfStatus = status === null ? sql`` : conditions[status]
  const isTheirs = isOfSurgeon(sql`q.surgeon_id`, surgeonId)
  const condition = sql`
    where q.clinic_no = ${clinicNo} and ${isTheirs} and ${matchesFilter(filter)} ${isOfStatus}
          ${isAfter(clinicNo, after)}`
  const found = await readRequests(pool, sql`${condition} order by ${sortKey} limit ${limit + 1}`)
  // Nothing is behind a request that does not exist, either.
  if (cursor !== null && found.length === 0 && !(await exists(pool, clinicNo, after))) throw new InvalidCursor(cursor)
  return pageOf(
    found,
    limit,
    (one) => one,
    ({ id }) => cursorOfRequests.encode(id),
  )
}

/** Whether request `q` is behind another one in the list. No request is behind one that does not exist. */
function isAfter(clinicNo: number, requestId: string | undefined): Sql {
  if (requestId === undefined) return sql``
  return sql`and (${sortKey}) > (select ${sortKey} from holdfast.case_request q
                                  where q.clinic_no = ${clinicNo} and q.id = ${requestId}::uuid)`
}

async function exists(pool: pg.Pool, clinicNo: number, requestId: string | undefined): Promise<boolean> {
  const { rowCount } = await pool.query(
    sql`select from holdfast.case_request where clinic_no = ${clinicNo} and id = ${requestId}::uuid`,
  )
  return rowCount === 1
}

/** Whether request `q` of patient `p` is one of those that somebody looks for. */
function matchesFilter({ text = '', service = '', surgeonId, urgency, dueUntil, fits }: CaseRequestsFilter): Sql {
  const searched = sql`concat_ws(chr(10), q.service, q.procedure_code, q.procedure_display, p.mrn, p.name, q.note)`
  const conditions = [
    ...(text.trim() === '' ? [] : [foldedOnce(searched, hasWords(text))]),
    ...(service.trim() === '' ? [] : [foldedOnce(sql`q.service`, hasPart(service.trim()))]),
    ...(surgeonId === undefined ? [] : [sql`q.surgeon_id = ${surgeonId}::uuid`]),
    ...(urgency === undefined ? [] : [sql`q.urgency = ${urgency}`]),
    ...(dueUntil === undefined ? [] : [sql`q.due_on <= ${dueUntil}::date`]),
    ...(fits === undefined ? [] : [isFitting(fits)]),
  ]
  return conditions.length === 0 ? sql`true` : join(conditions, ' and ')
}

function isFitting({ roomId, minutesMax, urgencies, service, surgeonId }: RequestFit): Sql {
  return sql`
    q.surgeon_id = coalesce(${surgeonId}::uuid, q.surgeon_id) and p.mrn is not null and p.name is not null
    and (coalesce(q.room_id, ${roomId}::uuid) = ${roomId}::uuid
         or exists (select from holdfast.resource r
                     where r.clinic_no = q.clinic_no and r.id = q.room_id and not r.active))
    and q.minutes <= ${minutesMax}::float and q.urgency = any (${urgencies}::text[])
    and (${service}::text is null or holdfast.are_same_service(${service}::text, q.service))`
}

/** The requests behind one in the list, or all (null), that have a live case in a block: it starts within it. */
export function requestsScheduledIn(
  pool: pg.Pool,
  { id, roomId, from, to }: Block,
  afterId: string | null,
): Promise<CaseRequest[]> {
  const clinicNo = clinicNoOf(id)
  return readRequests(
    pool,
    sql`where q.clinic_no = ${clinicNo} and ${isScheduled()} ${isAfter(clinicNo, afterId ?? undefined)}
          and (q.id, q.case_id) in (select t.request_id, t.booking_id from holdfast.theatre_case t
                                     where t.clinic_no = ${clinicNo} and t.room_id = ${roomId}
                                       and t.starts_at >= ${from} and t.starts_at < ${to})
        order by ${sortKey}`,
  )
}

async function readRequests(pool: pg.Pool, condition: Sql): Promise<CaseRequest[]> {
  const { rows } = await pool.query<RequestRow>(sql`${selectedRequest()} ${condition}`)
  return rows.map(({ mrn, patientName, birthDate, procedureCode, procedureDisplay, ...rest }) => ({
    ...rest,
    procedure: { code: procedureCode, display: procedureDisplay },
    patient: mrn === null || patientName === null ? null : { mrn, name: patientName, birthDate },
  }))
}

async function createCaseRequest(
  announced: AnnouncedTransaction,
  clinicNo: number,
  { createdBy, today, ...request }: Parameters<Theatre['createCaseRequest']>[1],
  writeKey: WriteKey,
): Promise<OnceResult<CreateCaseRequestOutcome>> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await announced((transaction) =>
        runOnce<CreateCaseRequestOutcome>(
          transaction,
          { writeKey, clinicNo },
          async () => {
            if (request.dueOn !== null && today !== undefined && request.dueOn < today) return { kind: 'due_in_past' }
            const id = newId(clinicNo)
            const stored = JSON.stringify({ ...request, id, newPatientId: newId(clinicNo) })
            const { rows } = await transaction.query<{ missing: string | null }>(sql`
              select holdfast.save_case_request(${clinicNo}::integer, ${stored}::jsonb, ${createdBy}::uuid) as missing`)
            const missing = rows[0]?.missing ?? null
            if (missing === null) return { kind: 'created', id }
            return missing === 'patient' ? { kind: 'patient_mismatch' } : { kind: 'resource_missing', path: missing }
          },
          // Nothing would erase the digest of what was refused, from which the patient could be guessed.
          ({ kind }) => kind === 'created',
        ),
      )
    } catch (error) {
      const isRace = error instanceof pg.DatabaseError && error.code === serializationFailure
      if (!isRace || tries === triesMax) throw error
    }
  }
}

type ChangedRow = {
  outcome: 'done' | 'unchanged' | 'missing' | 'scheduled' | 'changed' | 'due_in_past' | 'invalid'
  version: number
  invalid: Omit<CaseInvalid, 'kind'>
}

async function changeCaseRequest(
  announced: AnnouncedTransaction,
  requestId: string,
  version: number,
  change: CaseRequestChange,
): Promise<ChangeCaseRequestOutcome> {
  const clinicNo = clinicNoIn(requestId)
  if (clinicNo === null) return { kind: 'request_missing' }
  const statement = sql`
    select * from holdfast.change_case_request(${clinicNo}::integer, ${requestId}::uuid, ${version}::integer,
      ${JSON.stringify(change)}::jsonb)`
  const row = oneRow(await announced((transaction) => transaction.query<ChangedRow>(statement)))
  switch (row.outcome) {
    case 'missing':
    case 'scheduled':
      return { kind: `request_${row.outcome}` }
    case 'changed':
      return { kind: 'case_request_changed', version: row.version }
    case 'invalid':
      return { kind: 'resource_invalid', ...row.invalid }
    default:
      return { kind: row.outcome }
  }
}
