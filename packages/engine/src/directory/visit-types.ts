import { type CombinationFault, visitTypeLimits } from '@holdfast/vocabulary'
import type pg from 'pg'
import sql, { bulk, type Sql } from 'sql-template-tag'
import { type AnnouncedTransaction, announceRepeat } from '../database/announced-transaction.ts'
import { assignments, type Columns, insertion } from '../database/columns-sql.ts'
import { completeWrite } from '../database/database-unavailable.ts'
import { externalIdsValue } from '../database/external-ids.ts'
import { lockClinic } from '../database/lock-clinic.ts'
import type { Announce } from '../model/committed.ts'
import type { Directory } from '../model/directory.ts'
import { isId, newId } from '../model/id.ts'
import type {
  CreateVisitTypeOutcome,
  NewVisitType,
  UpdateVisitTypeOutcome,
  VisitType,
  VisitTypeDoctor,
} from '../model/visit-type.ts'
import { runOnce } from '../stored-responses/run-once.ts'
import { lockQuestions, questionColumns } from './visit-questions.ts'
import { areVisitResources } from './visit-resources.ts'

const feeOf = (row: Sql) => sql`
  case when ${row}.fee_amount is not null
       then json_build_object('amount', ${row}.fee_amount, 'currency', ${row}.fee_currency) end`

/** The columns of a {@link VisitType}, where `t` is the visit type and `c` its clinic. */
const selectedVisitType: Sql = sql`
  t.id, c.id as "clinicId", t.name, t.names, t.minutes, t.buffer_before_minutes as "bufferBeforeMinutes",
  t.buffer_after_minutes as "bufferAfterMinutes", ${feeOf(sql`t`)} as fee, t.appointment_types as "appointmentTypes",
  t.bookable_by as "bookableBy", t.minimum_notice_minutes as "minimumNoticeMinutes",
  t.booking_horizon_days as "bookingHorizonDays", t.cancellation_deadline_minutes as "cancellationDeadlineMinutes",
  t.capacity, t.preparation, t.color, t.position, t.active, t.questions, t.approval,
  t.external_ids as "externalIds",
  t.approval_minutes as "approvalMinutes", t.combinable, t.part_ids as "partIds",
  json_build_object('room', t.needs_room, 'roomIds', t.room_ids, 'deviceIds', t.device_ids) as needs,
  (select coalesce(json_agg(json_build_object(
            'doctorId', d.resource_id, 'minutes', d.minutes, 'bufferBeforeMinutes', d.buffer_before_minutes,
            'bufferAfterMinutes', d.buffer_after_minutes, 'fee', ${feeOf(sql`d`)}) order by r.name, r.id), '[]')
     from holdfast.visit_type_doctor d
     join holdfast.resource r on r.clinic_no = d.clinic_no and r.id = d.resource_id
    where d.clinic_no = t.clinic_no and d.visit_type_id = t.id) as doctors`

/** What patients book at each clinic: plain reads and writes. Visit types are switched off, never deleted. */
export function visitTypesOf(
  pool: pg.Pool,
  write: AnnouncedTransaction,
  announce: Announce,
): Pick<
  Directory,
  'visitTypes' | 'visitTypeNames' | 'visitType' | 'combination' | 'createVisitType' | 'updateVisitType'
> {
  return {
    visitTypes: (clinicNo) => selectVisitTypes(pool, sql`t.clinic_no = ${clinicNo} and t.part_ids is null`),

    async visitTypeNames(clinicNo) {
      const { rows } = await pool.query<{ id: string; name: string }>(sql`
        select id, name from holdfast.visit_type where clinic_no = ${clinicNo}`)
      return new Map(rows.map(({ id, name }) => [id, name]))
    },

    visitType: (clinicNo, id) => selectVisitType(pool, clinicNo, id),

    async combination(clinicNo, partIds) {
      if (!partIds.every(isId)) return { kind: 'visit_type_missing' }
      type Row = { id: string; outcome: null } | { id: null; outcome: CombinationFault | 'visit_type_missing' }
      const { rows } = await pool.query<Row>(sql`
        select id, outcome from holdfast.combine_visit_types(${clinicNo}, ${partIds}::uuid[], ${newId(clinicNo)})`)
      if (rows[0] === undefined) throw new Error('combine_visit_types returned no row.')
      const { id, outcome } = rows[0]
      if (id !== null) {
        const visitType = await completeWrite(() => selectVisitType(pool, clinicNo, id))
        if (visitType === null) throw new Error(`The combination ${id} was not found after it was written.`)
        return { kind: 'done', visitType }
      }
      return outcome === 'visit_type_missing' ? { kind: outcome } : { kind: 'not_combinable', unsuitable: outcome }
    },

    async createVisitType(clinicNo, visitType, writeKey) {
      const outcome = await write((transaction) =>
        runOnce(
          transaction,
          { writeKey, clinicNo },
          () => insertVisitType(transaction, clinicNo, visitType),
          ({ kind }) => kind === 'done',
        ),
      )
      if (outcome.kind === 'key_reused' || outcome.value.kind !== 'done') {
        return outcome.kind === 'key_reused' ? outcome : outcome.value
      }
      if (outcome.kind === 'replayed') announceRepeat(announce, { clinicNos: [clinicNo] })
      return { kind: outcome.kind, visitType: outcome.value.visitType }
    },

    updateVisitType: (clinicNo, id, change) =>
      write((transaction) => updateVisitType(transaction, { clinicNo, id, change })),
  }
}

async function insertVisitType(
  transaction: pg.PoolClient,
  clinicNo: number,
  { doctors, questions, ...visitType }: NewVisitType,
): Promise<CreateVisitTypeOutcome> {
  await lockClinic(transaction, clinicNo)
  const { rows } = await transaction.query<{ count: number }>(
    sql`select count(*)::integer as count from holdfast.visit_type
         where clinic_no = ${clinicNo} and part_ids is null`,
  )
  if ((rows[0]?.count ?? 0) >= visitTypeLimits.visitTypesMax) return { kind: 'too_many_visit_types' }
  if (visitType.combinable && !(await mayCombine(transaction, clinicNo, null))) return { kind: 'too_many_combinable' }
  if (!(await areDoctors(transaction, clinicNo, doctors))) return { kind: 'doctor_missing' }
  if (!(await areVisitResources(transaction, clinicNo, visitType.needs))) return { kind: 'visit_resource_missing' }
  const id = newId(clinicNo)
  const columns = { clinic_no: clinicNo, id, ...visitTypeColumns(visitType), ...questionColumns(questions) }
  await transaction.query(sql`insert into holdfast.visit_type ${insertion(columns)}`)
  await insertDoctors(transaction, { clinicNo, id, doctors })
  const inserted = await selectVisitType(transaction, clinicNo, id)
  if (inserted === null) throw new Error(`The visit type ${id} was not found in the transaction that inserted it.`)
  return { kind: 'done', visitType: inserted }
}

type Change = { clinicNo: number; id: string; change: Partial<NewVisitType> }

async function updateVisitType(
  transaction: pg.PoolClient,
  { clinicNo, id, change: { doctors, questions, ...change } }: Change,
): Promise<UpdateVisitTypeOutcome> {
  if (!isId(id)) return { kind: 'visit_type_missing' }
  if (!(await areDoctors(transaction, clinicNo, doctors ?? []))) return { kind: 'doctor_missing' }
  if (change.needs !== undefined && !(await areVisitResources(transaction, clinicNo, change.needs))) {
    return { kind: 'visit_resource_missing' }
  }
  if (change.combinable === true) {
    await lockClinic(transaction, clinicNo)
    if (!(await mayCombine(transaction, clinicNo, id))) return { kind: 'too_many_combinable' }
  }
  const asked = questions && questionColumns(questions, await lockQuestions(transaction, clinicNo, id))
  const columns = { ...visitTypeColumns(change), ...asked, updated_at: sql`now()` }
  // It locks the visit type, so that of two changes of its doctors the later one replaces them as a whole.
  await transaction.query(sql`
    update holdfast.visit_type set ${assignments(columns)}
     where clinic_no = ${clinicNo} and id = ${id} and part_ids is null`)
  const visitType = await selectVisitType(transaction, clinicNo, id)
  if (visitType === null || visitType.partIds !== null) return { kind: 'visit_type_missing' }
  if (doctors !== undefined) {
    await transaction.query(sql`
      delete from holdfast.visit_type_doctor where clinic_no = ${clinicNo} and visit_type_id = ${id}`)
    await insertDoctors(transaction, { clinicNo, id, doctors })
  }
  await transaction.query(sql`select holdfast.derive_combinations(${clinicNo}, ${[id]}::uuid[])`)
  return { kind: 'done', visitType: (await selectVisitType(transaction, clinicNo, id)) ?? visitType }
}

/**
 * Whether another visit type can be combined with others. Strangers ask for combinations, which are stored: of so many
 * there are few enough (decision 0045). The clinic is locked.
 */
async function mayCombine(transaction: pg.PoolClient, clinicNo: number, id: string | null): Promise<boolean> {
  const { rows } = await transaction.query<{ count: number }>(sql`
    select count(*)::integer as count from holdfast.visit_type
     where clinic_no = ${clinicNo} and combinable and id is distinct from ${id}`)
  return (rows[0]?.count ?? 0) < visitTypeLimits.combinableMax
}

/** Whether each is a doctor of the clinic, active or not. They cannot cease to be. */
async function areDoctors(
  transaction: pg.PoolClient,
  clinicNo: number,
  doctors: readonly VisitTypeDoctor[],
): Promise<boolean> {
  const ids = doctors.map(({ doctorId }) => doctorId)
  if (ids.length === 0) return true
  const { rows } = await transaction.query<{ count: number }>(sql`
    select count(*)::integer as count from holdfast.resource r
     where r.clinic_no = ${clinicNo} and r.id = any(${ids}::uuid[]) and r.kind = 'doctor'`)
  return rows[0]?.count === ids.length
}

async function insertDoctors(
  transaction: pg.PoolClient,
  { clinicNo, id, doctors }: { clinicNo: number; id: string; doctors: readonly VisitTypeDoctor[] },
): Promise<void> {
  if (doctors.length === 0) return
  const rows = doctors.map(({ doctorId, minutes, bufferBeforeMinutes, bufferAfterMinutes, fee }) => [
    ...[clinicNo, id, doctorId, minutes, bufferBeforeMinutes, bufferAfterMinutes],
    ...[fee?.amount ?? null, fee?.currency ?? null],
  ])
  await transaction.query(sql`
    insert into holdfast.visit_type_doctor
      (clinic_no, visit_type_id, resource_id, minutes, buffer_before_minutes, buffer_after_minutes,
       fee_amount, fee_currency)
    values ${bulk(rows)}`)
}

async function selectVisitType(
  connection: pg.Pool | pg.PoolClient,
  clinicNo: number,
  id: string,
): Promise<VisitType | null> {
  if (!isId(id)) return null
  const [visitType] = await selectVisitTypes(connection, sql`t.clinic_no = ${clinicNo} and t.id = ${id}`)
  return visitType ?? null
}

async function selectVisitTypes(connection: pg.Pool | pg.PoolClient, condition: Sql): Promise<VisitType[]> {
  const { rows } = await connection.query<VisitType>(sql`
    select ${selectedVisitType}
      from holdfast.visit_type t join holdfast.clinic c on c.no = t.clinic_no
     where ${condition}
     order by t.position, t.name, t.id`)
  return rows
}

/** Fields that are not set are left out. */
function visitTypeColumns(visitType: Partial<Omit<NewVisitType, 'doctors' | 'questions'>>): Columns {
  const { fee, names, needs } = visitType
  return {
    name: visitType.name,
    names: names === undefined ? undefined : JSON.stringify(names),
    minutes: visitType.minutes,
    buffer_before_minutes: visitType.bufferBeforeMinutes,
    buffer_after_minutes: visitType.bufferAfterMinutes,
    fee_amount: fee === null ? null : fee?.amount,
    fee_currency: fee === null ? null : fee?.currency,
    appointment_types: visitType.appointmentTypes,
    bookable_by: visitType.bookableBy,
    minimum_notice_minutes: visitType.minimumNoticeMinutes,
    booking_horizon_days: visitType.bookingHorizonDays,
    cancellation_deadline_minutes: visitType.cancellationDeadlineMinutes,
    capacity: visitType.capacity,
    preparation: visitType.preparation,
    color: visitType.color,
    position: visitType.position,
    external_ids: externalIdsValue(visitType.externalIds),
    active: visitType.active,
    approval: visitType.approval,
    approval_minutes: visitType.approvalMinutes,
    combinable: visitType.combinable,
    needs_room: needs?.room,
    room_ids: needs?.roomIds,
    device_ids: needs?.deviceIds,
  }
}
