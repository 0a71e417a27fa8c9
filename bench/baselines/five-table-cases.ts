import { randomUUID } from 'node:crypto'
import { createPool } from '@holdfast/engine'
import type pg from 'pg'
import type { CaseOutcome, TheatreContender } from '../contenders/theatre-contender.ts'
import {
  blockMinutes,
  dayStartsAtMinute,
  openFromHour,
  openToHour,
  type RequestedCase,
  reprocessingOf,
  serviceOfCases,
  theatreShape,
  turnoverOf,
} from '../load/random-case.ts'
import { sqlState } from './transaction.ts'

const triesMax = 5
const deadlockDetected = '40P01'

// Instants are minutes since the first day: it is the statements that count.
const schema = `
  drop table if exists claim_key, clinic_slot, room_hours, allocation, surgery, block, patient, resource;
  create table resource (id text primary key, units integer not null, turnover integer not null);
  create table patient (id serial primary key, mrn text not null unique, name text not null);
  create table block (id serial primary key, room_id text not null references resource, during int4range not null,
    minutes integer not null, service text, released boolean not null default false);
  create index block_of_room on block using gist (room_id gist_text_ops, during);
  create table surgery (id bigserial primary key, block_id integer not null references block,
    patient_id integer not null references patient, status text not null, hold_expires_at timestamptz,
    minutes integer not null);
  create index surgery_of_block on surgery (block_id);
  create table allocation (surgery_id bigint not null references surgery, resource_id text not null,
    unit_no integer not null, during int4range not null);
  create table room_hours (room_id text not null references resource, weekday integer not null, opens integer not null,
    closes integer not null, primary key (room_id, weekday, opens));
  create table clinic_slot (id serial primary key, surgeon_id text not null references resource,
    during int4range not null);
  create index clinic_slot_of_surgeon on clinic_slot using gist (surgeon_id gist_text_ops, during);
  create table claim_key (key uuid primary key, created_at timestamptz not null default now());
  create index allocation_of_resource on allocation using gist (resource_id gist_text_ops, during);`

/**
 * Five tables and a transaction, as they are written without much thought about locks: each resource is locked when it
 * is checked, in the order of the request; then the block. A deadlock is tried again, five times. Beside the five
 * tables it has what else a claim is checked against: opening hours, clinic slots of surgeons (there are none) and keys
 * of requests, one statement each, and the service that owns a block. It lacks what Holdfast also does for a claim: the
 * log, a list of what is in the way, clinics, lapsed holds given back, time zones, checks of who is active or fit for
 * what, preferred equipment and overrides.
 */
export async function fiveTableCases(databaseUrl: string, poolSize: number): Promise<TheatreContender> {
  const pool = createPool({ url: databaseUrl, max: poolSize, name: 'bench five tables' })
  await pool.query(`create extension if not exists btree_gist; ${schema}`)
  await fill(pool)
  let deadlocks = 0
  return {
    label: 'five tables, locks in the order of the request',
    async claim(request) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await inTransaction(pool, (client) => claimOnce(client, request))
        } catch (error) {
          if (sqlState(error) !== deadlockDetected) throw error
          deadlocks += 1
          if (tries === triesMax) return 'refused'
        }
      }
    },
    recount: () => recount(pool),
    async end() {
      await pool.end()
      return { deadlocks }
    },
  }
}

async function fill(pool: pg.Pool): Promise<void> {
  const { rooms, surgeons, kinds, unitsOfKind, days } = theatreShape
  const insert = (id: string, units: number, turnover: number) =>
    pool.query('insert into resource values ($1, $2, $3)', [id, units, turnover])
  for (let n = 0; n < surgeons; n += 1) await insert(`surgeon ${n}`, 1, 0)
  for (let n = 0; n < kinds; n += 1) await insert(`kind ${n}`, unitsOfKind, reprocessingOf(n))
  for (let n = 0; n < rooms; n += 1) {
    await insert(`room ${n}`, 1, turnoverOf(n))
    await pool.query(
      `insert into block (room_id, during, minutes, service)
       select $1, int4range(d * 1440 + $2, d * 1440 + $2 + $3), $3, $5 from generate_series(0, $4 - 1) d`,
      [`room ${n}`, dayStartsAtMinute, blockMinutes, days, serviceOfCases],
    )
    await pool.query('insert into room_hours select $1, d, $2, $3 from generate_series(0, 6) d', [
      `room ${n}`,
      openFromHour * 60,
      openToHour * 60,
    ])
  }
  await pool.query('analyze')
}

async function inTransaction(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<CaseOutcome>,
): Promise<CaseOutcome> {
  const client = await pool.connect()
  try {
    await client.query('begin')
    const outcome = await work(client)
    await client.query(outcome === 'booked' ? 'commit' : 'rollback')
    return outcome
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

async function claimOnce(client: pg.PoolClient, request: RequestedCase): Promise<CaseOutcome> {
  const from = request.day * 1_440 + request.startMinute
  const to = from + request.minutes
  const isNew = await client.query({
    name: 'key',
    text: 'insert into claim_key (key) values ($1) on conflict do nothing',
    values: [randomUUID()],
  })
  if (isNew.rowCount === 0) return 'refused'
  const open = await client.query({
    name: 'hours',
    text: 'select from room_hours where room_id = $1 and weekday = $2 and opens <= $3 and closes >= $4',
    values: [`room ${request.room}`, request.day % 7, request.startMinute, request.startMinute + request.minutes],
  })
  if (open.rowCount === 0) return 'refused'
  const patient = await one<{ id: number }>(
    client,
    'patient',
    `insert into patient (mrn, name) values ($1, $2) on conflict (mrn) do update set name = excluded.name returning id`,
    [`M-${request.patient}`, 'Ada Okafor'],
  )
  const needs = [
    { id: `room ${request.room}`, units: 1 },
    { id: `surgeon ${request.surgeon}`, units: 1 },
    ...request.equipment.map(({ kind, units }) => ({ id: `kind ${kind}`, units })),
  ]
  const taken: { id: string; unitNo: number; until: number }[] = []
  let turnoverOfRoom = 0
  for (const { id, units } of needs) {
    const resource = await one<{ units: number; turnover: number }>(
      client,
      'resource',
      'select units, turnover from resource where id = $1 for update',
      [id],
    )
    const until = to + resource.turnover
    if (id === needs[0]?.id) turnoverOfRoom = resource.turnover
    const { rows } = await client.query<{ no: number }>({
      name: 'free_units',
      text: `select u.no from generate_series(1, $2::integer) u(no)
              where not exists (select from allocation a join surgery s on s.id = a.surgery_id
                                 where a.resource_id = $1 and a.unit_no = u.no and a.during && int4range($3, $4)
                                   and (s.status = 'CONFIRMED' or s.hold_expires_at > clock_timestamp()))
              order by u.no limit $5`,
      values: [id, resource.units, from, until, units],
    })
    if (rows.length < units) return 'refused'
    taken.push(...rows.map(({ no }) => ({ id, unitNo: no, until })))
  }
  const busy = await client.query({
    name: 'patient_busy',
    text: `select from allocation a join surgery s on s.id = a.surgery_id
            where a.resource_id = $1 and a.during && int4range($2, $3)
              and (s.status = 'CONFIRMED' or s.hold_expires_at > clock_timestamp()) limit 1`,
    values: [`patient ${patient.id}`, from, to],
  })
  if (busy.rowCount !== 0) return 'refused'
  const inClinic = await client.query({
    name: 'clinic_slot',
    text: 'select from clinic_slot where surgeon_id = $1 and during && int4range($2, $3) limit 1',
    values: [`surgeon ${request.surgeon}`, from, to],
  })
  if (inClinic.rowCount !== 0) return 'refused'
  taken.push({ id: `patient ${patient.id}`, unitNo: 1, until: to })
  return await book(client, { request, from, to, patientId: patient.id, turnoverOfRoom, taken })
}

type Placed = {
  request: RequestedCase
  from: number
  to: number
  patientId: number
  turnoverOfRoom: number
  taken: { id: string; unitNo: number; until: number }[]
}

async function book(
  client: pg.PoolClient,
  { request, from, to, patientId, turnoverOfRoom, taken }: Placed,
): Promise<CaseOutcome> {
  const block = await one<{ id: number; minutes: number; service: string | null; released: boolean }>(
    client,
    'block',
    'select id, minutes, service, released from block where room_id = $1 and during @> $2::integer for update',
    [`room ${request.room}`, from],
  )
  if (block.service !== null && block.service !== serviceOfCases && !block.released) return 'refused'
  const { used } = await one<{ used: number }>(
    client,
    'used',
    `select coalesce(sum(minutes), 0) as used from surgery
      where block_id = $1 and (status = 'CONFIRMED' or hold_expires_at > clock_timestamp())`,
    [block.id],
  )
  const minutes = to - from + turnoverOfRoom
  if (used + minutes > block.minutes) return 'refused'
  const { id } = await one<{ id: number }>(
    client,
    'surgery',
    `insert into surgery (block_id, patient_id, status, hold_expires_at, minutes)
     values ($1, $2, 'PENDING', clock_timestamp() + interval '15 minutes', $3) returning id`,
    [block.id, patientId, minutes],
  )
  for (const { id: resourceId, unitNo, until } of taken) {
    await client.query({
      name: 'allocation',
      text: 'insert into allocation values ($1, $2, $3, int4range($4, $5))',
      values: [id, resourceId, unitNo, from, until],
    })
  }
  return 'booked'
}

async function one<Row extends pg.QueryResultRow>(
  client: pg.PoolClient,
  name: string,
  text: string,
  values: unknown[],
): Promise<Row> {
  const { rows } = await client.query<Row>({ name, text, values })
  const [row] = rows
  if (row === undefined) throw new Error(`The statement ${name} returned no row.`)
  return row
}

async function recount(pool: pg.Pool): Promise<{ cases: number; faults: string[] }> {
  const { rows } = await pool.query<{ cases: number; overlaps: number; overfull: number }>(`
    select (select count(*) from surgery) as cases,
           (select count(*) from allocation a join allocation b on b.resource_id = a.resource_id
               and b.unit_no = a.unit_no and b.surgery_id > a.surgery_id and b.during && a.during) as overlaps,
           (select count(*) from block b
             where b.minutes < (select sum(s.minutes) from surgery s where s.block_id = b.id)) as overfull`)
  const { cases = 0, overlaps = 0, overfull = 0 } = rows[0] ?? {}
  const isWrong = overlaps + overfull > 0
  return { cases, faults: isWrong ? [`${overlaps} units taken twice, ${overfull} blocks too full`] : [] }
}
