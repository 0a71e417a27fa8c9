import type pg from 'pg'
import sql from 'sql-template-tag'
import type { NewMessage } from './new-message.ts'

/** The kinds of messages that are sent once for several visits of a series. */
const together = new Set<NewMessage['kind']>(['confirmed', 'moved', 'cancelled'])

type Member = { bookingId: string; version: number; group: string; number: number; xid: string }
type Planned = { group: string; bookingId: string; kind: string; channel: string; xid: string; waits: boolean }

/** Visits of one series are of one patient unless their contacts differ. */
const groupOf = sql`concat_ws(' ', s.series_id, b.account_id, b.patient->>'email', b.patient->>'phone')`

/**
 * Of messages about visits of one series that were confirmed or cancelled in one transaction, or moved while a message
 * of such a move waits to be sent, one is sent, which lists the visits (docs/decisions/0041). The others are stored as
 * skipped, so that each event has its message. A message about a visit replaces one about the same visit that waits.
 */
export async function oneMessageOfSeries(
  transaction: pg.PoolClient,
  messages: readonly NewMessage[],
  delayMs: number,
): Promise<NewMessage[]> {
  const announced = messages.filter(({ kind }) => together.has(kind))
  const members = announced.length === 0 ? [] : await membersOf(transaction, announced)
  if (members.length === 0) return [...messages]
  const byEvent = new Map(members.map((one) => [`${one.bookingId} ${one.version}`, one]))
  const memberOf = ({ bookingId, version }: NewMessage) => byEvent.get(`${bookingId} ${version}`)
  const planned = await plannedOf(transaction, members)
  const inOrder = messages.toSorted((a, b) => (memberOf(a)?.number ?? 0) - (memberOf(b)?.number ?? 0))
  return inOrder.map((message) => {
    const member = together.has(message.kind) ? memberOf(message) : undefined
    if (member === undefined) return message
    const isMove = message.kind === 'moved'
    const covers = (one: Planned) =>
      one.group === member.group &&
      one.kind === message.kind &&
      one.channel === message.channel &&
      one.bookingId !== message.bookingId &&
      (isMove ? one.waits : one.xid === member.xid)
    if (planned.some(covers)) return { ...message, isInSeries: true }
    const { kind, channel, bookingId } = message
    const { group, xid } = member
    planned.push({ group, bookingId, kind, channel, xid, waits: true })
    if (!isMove) return message
    return { ...message, dueAt: new Date(Math.max(message.dueAt.getTime(), message.plannedAt.getTime() + delayMs)) }
  })
}

async function membersOf(transaction: pg.PoolClient, messages: readonly NewMessage[]): Promise<Member[]> {
  const { rows } = await transaction.query<Member>(sql`
    select e.booking_id as "bookingId", e.version, ${groupOf} as group, s.number, e.xid::text as xid
      from unnest(${messages.map(({ clinicNo }) => clinicNo)}::integer[],
                  ${messages.map(({ bookingId }) => bookingId)}::uuid[],
                  ${messages.map(({ version }) => version)}::integer[]) i(clinic_no, booking_id, version)
      join holdfast.booking_series_member s on s.clinic_no = i.clinic_no and s.booking_id = i.booking_id
      join holdfast.booking b on b.clinic_no = i.clinic_no and b.id = i.booking_id
      join holdfast.booking_event e
        on e.clinic_no = i.clinic_no and e.booking_id = i.booking_id and e.version = i.version`)
  return rows
}

/** What was planned before about visits of these series. */
async function plannedOf(transaction: pg.PoolClient, members: readonly Member[]): Promise<Planned[]> {
  const ids = members.map(({ bookingId }) => bookingId)
  const { rows } = await transaction.query<Planned>(sql`
    select ${groupOf} as group, m.booking_id as "bookingId", m.kind, m.channel, e.xid::text as xid,
           m.state = 'due' and m.attempts = 0 and m.version = b.version as waits
      from holdfast.booking_series_member i
      join holdfast.booking_series_member s on s.clinic_no = i.clinic_no and s.series_id = i.series_id
      join holdfast.booking b on b.clinic_no = s.clinic_no and b.id = s.booking_id
      join holdfast.message m
        on m.clinic_no = s.clinic_no and m.booking_id = s.booking_id and m.kind in ('confirmed', 'moved', 'cancelled')
       and m.state <> 'skipped'
      join holdfast.booking_event e
        on e.clinic_no = m.clinic_no and e.booking_id = m.booking_id and e.version = m.version
     where i.booking_id = any (${ids}::uuid[]) and i.clinic_no = any (array(
             select holdfast.clinic_no_of(id) from unnest(${ids}::uuid[]) id))`)
  return rows
}
