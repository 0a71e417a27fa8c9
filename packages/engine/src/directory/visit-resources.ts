import { visitResourceLimits } from '@holdfast/vocabulary'
import pg from 'pg'
import sql, { type Sql } from 'sql-template-tag'
import { type AnnouncedTransaction, announceRepeat } from '../database/announced-transaction.ts'
import { assignments, insertion } from '../database/columns-sql.ts'
import { externalIdsValue } from '../database/external-ids.ts'
import { lockClinic } from '../database/lock-clinic.ts'
import type { Announce } from '../model/committed.ts'
import type { Directory } from '../model/directory.ts'
import { clinicNoOf, isId, newId } from '../model/id.ts'
import {
  type CreateVisitResourceOutcome,
  kindOfVisitResource,
  type NewVisitResource,
  storedKindOf,
  type TakenResource,
  type UpdateVisitResourceOutcome,
  type VisitNeeds,
  type VisitResource,
  type VisitResourceChange,
  type VisitResourceNamed,
} from '../model/visit-resource.ts'
import { runOnce } from '../stored-responses/run-once.ts'

/** The columns of a {@link VisitResource}, but for its kind, which is as stored. */
const selectedResource = sql`r.id, r.kind, r.name, r.units, r.active, r.external_ids as "externalIds"`
const ofVisits = sql`r.kind in ('consulting_room', 'device')`

type Row = Omit<VisitResource, 'kind'> & { kind: string }
const resourceOf = (row: Row): VisitResource => ({ ...row, kind: kindOfVisitResource(row.kind) })

/** The rooms and devices that visits take: plain rows, switched off, never deleted. */
export function visitResourcesOf(
  pool: pg.Pool,
  write: AnnouncedTransaction,
  announce: Announce,
): Pick<Directory, 'visitResources' | 'createVisitResource' | 'updateVisitResource' | 'resourcesOfVisits'> {
  return {
    visitResources: (clinicNo) => select(pool, sql`r.clinic_no = ${clinicNo} and ${ofVisits}`),

    async createVisitResource(clinicNo, resource, writeKey) {
      const outcome = await unlessNamed(() =>
        write((transaction) =>
          runOnce(
            transaction,
            { writeKey, clinicNo },
            () => insertResource(transaction, clinicNo, resource),
            ({ kind }) => kind === 'done',
          ),
        ),
      )
      if (outcome.kind === 'visit_resource_name_taken') return outcome
      if (outcome.kind === 'key_reused' || outcome.value.kind !== 'done') {
        return outcome.kind === 'key_reused' ? outcome : outcome.value
      }
      if (outcome.kind === 'replayed') announceRepeat(announce, { clinicNos: [clinicNo] })
      return { kind: outcome.kind, resource: outcome.value.resource }
    },

    updateVisitResource: (clinicNo, id, change) =>
      unlessNamed(() => write((transaction) => updateResource(transaction, { clinicNo, id, change }))),

    async resourcesOfVisits(slotIds) {
      const ids = [...new Set(slotIds)].filter(isId)
      if (ids.length === 0) return new Map()
      const { rows } = await pool.query<{ slotId: string; id: string; kind: string; name: string }>(sql`
        select s.id as "slotId", r.id, r.kind, r.name
          from unnest(${ids.map(clinicNoOf)}::integer[], ${ids}::uuid[]) i(clinic_no, id)
          join holdfast.slot s on s.clinic_no = i.clinic_no and s.id = i.id
         cross join lateral jsonb_array_elements(s.takes) with ordinality t(unit, n)
          join holdfast.resource r on r.clinic_no = s.clinic_no and r.id = (t.unit->>1)::uuid
         order by t.n`)
      const taken = rows.map(({ slotId, kind, ...resource }) => ({
        slotId,
        resource: { ...resource, kind: kindOfVisitResource(kind) } satisfies TakenResource,
      }))
      const bySlot = Map.groupBy(taken, ({ slotId }) => slotId)
      return new Map([...bySlot].map(([slotId, items]) => [slotId, items.map(({ resource }) => resource)]))
    },
  }
}

/** Whether each is a room or device of the clinic, active or not. They cannot cease to be. */
export async function areVisitResources(
  transaction: pg.PoolClient,
  clinicNo: number,
  { roomIds, deviceIds }: VisitNeeds,
): Promise<boolean> {
  if (roomIds.length + deviceIds.length === 0) return true
  const { rows } = await transaction.query<{ count: number }>(sql`
    select count(*)::integer as count from holdfast.resource r
     where r.clinic_no = ${clinicNo}
       and (r.id = any (${roomIds}::uuid[]) and r.kind = 'consulting_room'
            or r.id = any (${deviceIds}::uuid[]) and r.kind = 'device')`)
  return rows[0]?.count === roomIds.length + deviceIds.length
}

/** The unique index judges, so that of two administrators one is refused. */
async function unlessNamed<Outcome>(write: () => Promise<Outcome>): Promise<Outcome | VisitResourceNamed> {
  try {
    return await write()
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.constraint === 'resource_of_visits_name')) throw error
    return { kind: 'visit_resource_name_taken' }
  }
}

async function insertResource(
  transaction: pg.PoolClient,
  clinicNo: number,
  { kind, name, units, externalIds }: NewVisitResource,
): Promise<CreateVisitResourceOutcome> {
  await lockClinic(transaction, clinicNo)
  const { rows } = await transaction.query<{ count: number }>(sql`
    select count(*)::integer as count from holdfast.resource r where r.clinic_no = ${clinicNo} and ${ofVisits}`)
  if ((rows[0]?.count ?? 0) >= visitResourceLimits.resourcesMax) return { kind: 'too_many_visit_resources' }
  const columns = {
    ...{ clinic_no: clinicNo, id: newId(clinicNo), kind: storedKindOf(kind), name, units },
    external_ids: externalIdsValue(externalIds),
  }
  await transaction.query(sql`insert into holdfast.resource ${insertion(columns)}`)
  return { kind: 'done', resource: await selectOne(transaction, clinicNo, columns.id) }
}

type Change = { clinicNo: number; id: string; change: VisitResourceChange }

async function updateResource(
  transaction: pg.PoolClient,
  { clinicNo, id, change: { name, units, active, externalIds, withVisits = false } }: Change,
): Promise<UpdateVisitResourceOutcome> {
  if (!isId(id)) return { kind: 'visit_resource_missing' }
  const { rows } = await transaction.query<{ outcome: string; visits: number; firstStartsAt: Date }>(sql`
    select outcome, visits, first_starts_at as "firstStartsAt" from holdfast.set_visit_resource(
      ${clinicNo}::integer, ${id}::uuid, ${active ?? null}::boolean, ${units ?? null}::integer,
      ${withVisits}::boolean)`)
  const [set] = rows
  if (set?.outcome === 'resource_in_use') {
    return { kind: 'visit_resource_in_use', visits: set.visits, firstStartsAt: set.firstStartsAt }
  }
  if (set?.outcome === 'room_has_no_units') return { kind: 'room_has_no_units' }
  if (set?.outcome !== 'done') return { kind: 'visit_resource_missing' }
  if (name !== undefined || externalIds !== undefined) {
    const columns = { name, external_ids: externalIdsValue(externalIds) }
    await transaction.query(sql`
      update holdfast.resource set ${assignments(columns)} where clinic_no = ${clinicNo} and id = ${id}`)
  }
  return { kind: 'done', resource: await selectOne(transaction, clinicNo, id) }
}

async function selectOne(transaction: pg.PoolClient, clinicNo: number, id: string): Promise<VisitResource> {
  const [resource] = await select(transaction, sql`r.clinic_no = ${clinicNo} and r.id = ${id}`)
  if (resource === undefined)
    throw new Error(`The room or device ${id} was not found in the transaction that wrote it.`)
  return resource
}

async function select(connection: pg.Pool | pg.PoolClient, condition: Sql): Promise<VisitResource[]> {
  const { rows } = await connection.query<Row>(sql`
    select ${selectedResource} from holdfast.resource r
     where ${condition}
     order by r.kind <> 'consulting_room', holdfast.natural_order(r.name), r.id`)
  return rows.map(resourceOf)
}
