import { verify } from '@holdfast/engine'
import type { Band, Practice, PracticeDoctor } from './practice.ts'
import { dayOf, type Scene } from './practice-day.ts'
import type { PracticeMails } from './practice-mails.ts'

/** What is wrong at the end of a day, as sentences. */
export async function checkDay(scene: Scene, mails: PracticeMails): Promise<string[]> {
  return [
    ...(await calendarGaps(scene)),
    ...(await offersInClosures(scene)),
    ...(await overlaps(scene)),
    ...(await wrongMinutes(scene)),
    ...(await mailFaults(scene, mails)),
  ]
}

/** Recounts and rebuilds everything, at most ten findings. */
export async function checkAll({ moment, practice }: Scene): Promise<string[]> {
  const { details } = await verify(moment.ownerPool, { clinicNo: practice.clinic.no, detailsMax: 10 })
  return details.map(({ kind, message }) => `verify: ${kind}: ${message}`)
}

/** Days of work from tomorrow to the clinic's horizon on which a doctor's calendar is not exactly as the hours say. */
async function calendarGaps({ moment, practice }: Scene): Promise<string[]> {
  const { rows } = await moment.ownerPool.query<{ doctorId: string; startsAt: Date; endsAt: Date }>(
    `select resource_id as "doctorId", starts_at as "startsAt", ends_at as "endsAt" from holdfast.open_session
      where clinic_no = $1 and withdrawn_at is null and ends_at > $2
     union all
     select resource_id, starts_at, ends_at from holdfast.slot
      where clinic_no = $1 and withdrawn_at is null and session_id is null and ends_at > $2`,
    [practice.clinic.no, moment.at],
  )
  const found = new Set(rows.map(({ doctorId, startsAt, endsAt }) => timeKey(doctorId, startsAt, endsAt)))
  const today = dayOf(moment.at, practice)
  const gaps: string[] = []
  for (const doctor of practice.doctors) {
    for (let ahead = 1; ahead <= practice.horizonDays; ahead += 1) {
      const day = today.add({ days: ahead })
      const missing = timesOn(practice, doctor, day).filter(([from, to]) => !found.has(timeKey(doctor.id, from, to)))
      if (missing.length > 0) gaps.push(`the calendar of doctor ${doctor.id} has a gap on ${day}, in ${ahead} days`)
    }
  }
  return gaps
}

const timeKey = (doctorId: string, from: Date, to: Date) => `${doctorId} ${from.getTime()} ${to.getTime()}`

/** The sessions or slots that the doctor's hours have on a day. */
function timesOn(practice: Practice, doctor: PracticeDoctor, day: Temporal.PlainDate): [Date, Date][] {
  const instant = (time: string) =>
    day.toZonedDateTime({ timeZone: practice.clinic.timezone, plainTime: Temporal.PlainTime.from(time) })
  return doctor.bands
    .filter((band) => isWorkday(practice, band, day))
    .flatMap(({ from, to }) => {
      const [start, end] = [instant(from).epochMilliseconds, instant(to).epochMilliseconds]
      const lengthMs = doctor.slotMinutes === null ? end - start : doctor.slotMinutes * 60_000
      const count = Math.floor((end - start) / lengthMs)
      return Array.from({ length: count }, (_, n): [Date, Date] => [
        new Date(start + n * lengthMs),
        new Date(start + (n + 1) * lengthMs),
      ])
    })
}

function isWorkday({ firstDay }: Practice, { weekdays, everyWeeks }: Band, day: Temporal.PlainDate): boolean {
  if (!weekdays.includes(day.dayOfWeek) || Temporal.PlainDate.compare(day, firstDay) < 0) return false
  const monday = (date: Temporal.PlainDate) => date.subtract({ days: date.dayOfWeek - 1 })
  return (monday(firstDay).until(monday(day)).days / 7) % everyWeeks === 0
}

/** Patients find times on the last working day before the horizon that is open, and none on one that is closed. */
async function offersInClosures({ engine, moment, practice }: Scene): Promise<string[]> {
  const found: string[] = []
  const [type] = practice.types
  const today = dayOf(moment.at, practice)
  const { rows: closures } = await moment.ownerPool.query<{ doctorId: string | null; from: string; to: string }>(
    `select resource_id as "doctorId", starts_at::date::text as from, ends_at::date::text as to
       from holdfast.closure where clinic_no = $1 and removed_at is null`,
    [practice.clinic.no],
  )
  const isClosed = (doctorId: string, day: string) =>
    closures.some((one) => (one.doctorId ?? doctorId) === doctorId && one.from <= day && day < one.to)
  for (const doctor of practice.doctors.filter(({ slotMinutes }) => slotMinutes === null)) {
    const days = Array.from({ length: practice.horizonDays - 1 }, (_, n) => today.add({ days: n + 1 })).filter(
      (day) => timesOn(practice, doctor, day).length > 0,
    )
    const open = days.findLast((day) => !isClosed(doctor.id, day.toString()))
    const closed = days.filter((day) => isClosed(doctor.id, day.toString())).slice(0, 2)
    for (const day of [...(open === undefined ? [] : [open]), ...closed]) {
      const start = day.toZonedDateTime(practice.clinic.timezone)
      const { items } = await engine.sessions.times({
        clinicNo: practice.clinic.no,
        doctorId: doctor.id,
        visitTypeId: type?.id ?? '',
        from: new Date(start.epochMilliseconds),
        to: new Date(start.add({ days: 1 }).epochMilliseconds),
        byDesk: false,
        accountId: null,
        limit: 1,
      })
      const isOffered = items.length > 0
      if (isOffered !== (day === open)) {
        found.push(`doctor ${doctor.id} has ${isOffered ? 'times on the closed' : 'no times on the open'} day ${day}`)
      }
    }
  }
  return found
}

/** Of what takes time at the moment: with a doctor, in a room or with a device; each pair by brute force. */
async function overlaps({ moment, practice }: Scene): Promise<string[]> {
  const { rows: doctors } = await moment.ownerPool.query<{ one: string; other: string }>(
    `with visit as materialized (
       select distinct s.id, s.resource_id, s.starts_at - make_interval(mins => s.buffer_before_minutes) as starts_at,
              s.ends_at + make_interval(mins => s.buffer_after_minutes) as ends_at
         from holdfast.slot s
         join holdfast.booking b on b.clinic_no = s.clinic_no and b.slot_id = s.id
        where s.clinic_no = $1 and s.ends_at > $2::timestamptz - interval '2 days'
          and (b.status in ('CONFIRMED', 'ARRIVED', 'COMPLETED', 'NO_SHOW')
               or b.status = 'PENDING' and b.hold_expires_at > now()))
     select one.id as one, other.id as other
       from visit one
       join visit other on other.resource_id = one.resource_id and other.id > one.id
                       and other.starts_at < one.ends_at and one.starts_at < other.ends_at`,
    [practice.clinic.no, moment.at],
  )
  const { rows: units } = await moment.ownerPool.query<{ one: string; other: string }>(
    `select one.booking_id as one, other.booking_id as other
       from holdfast.allocation one
       join holdfast.allocation other on other.clinic_no = one.clinic_no and other.resource_id = one.resource_id
                                     and other.unit_no = one.unit_no and other.booking_id > one.booking_id
                                     and lower(other.during) < upper(one.during)
                                     and lower(one.during) < upper(other.during)
      where one.clinic_no = $1 and upper(one.during) > $2::timestamptz - interval '2 days'`,
    [practice.clinic.no, moment.at],
  )
  // By what was booked alone, whatever the allocations say: no more visits at a time than there are rooms, or scanners.
  const { rows: crowded } = await moment.ownerPool.query<{ at: string; visits: number }>(
    `with visit as materialized (
       select distinct s.id, t.needs_room, s.starts_at - make_interval(mins => s.buffer_before_minutes) as starts_at,
              s.ends_at + make_interval(mins => s.buffer_after_minutes) as ends_at
         from holdfast.slot s
         join holdfast.visit_type t on t.clinic_no = s.clinic_no and t.id = s.visit_type_id
         join holdfast.booking b on b.clinic_no = s.clinic_no and b.slot_id = s.id
        where s.clinic_no = $1 and s.ends_at > $2::timestamptz - interval '2 days'
          and (t.needs_room or cardinality(t.device_ids) > 0)
          and b.status in ('CONFIRMED', 'ARRIVED', 'COMPLETED', 'NO_SHOW'))
     select one.starts_at::text as at, count(*)::int as visits
       from visit one
       join visit other on other.needs_room = one.needs_room
                       and other.starts_at <= one.starts_at and other.ends_at > one.starts_at
      group by one.id, one.starts_at, one.needs_room
     having count(*) > case when one.needs_room then $3::int else 1 end`,
    [practice.clinic.no, moment.at, practice.rooms],
  )
  return [
    ...doctors.map(({ one, other }) => `two visits of a doctor overlap: ${one} and ${other}`),
    ...units.map(({ one, other }) => `two visits overlap in a room or with a device: ${one} and ${other}`),
    ...crowded.map(({ at, visits }) => `${visits} visits need the same rooms or device at ${at}`),
  ]
}

/** Each visit is as long as its type says, with its buffers, begins on the grid and lies in its session. */
async function wrongMinutes({ moment, practice }: Scene): Promise<string[]> {
  const { rows } = await moment.ownerPool.query<{ id: string }>(
    `select distinct s.id
       from holdfast.slot s
       join holdfast.visit_type t on t.clinic_no = s.clinic_no and t.id = s.visit_type_id
       join holdfast.open_session o on o.clinic_no = s.clinic_no and o.id = s.session_id
       join holdfast.booking b on b.clinic_no = s.clinic_no and b.slot_id = s.id
      where s.clinic_no = $1 and s.ends_at > $2::timestamptz - interval '2 days'
        and b.status in ('CONFIRMED', 'ARRIVED', 'COMPLETED', 'NO_SHOW')
        and (s.ends_at - s.starts_at <> make_interval(mins => t.minutes)
             or s.buffer_before_minutes <> t.buffer_before_minutes or s.buffer_after_minutes <> t.buffer_after_minutes
             or s.starts_at - make_interval(mins => s.buffer_before_minutes) < o.starts_at
             or s.ends_at + make_interval(mins => s.buffer_after_minutes) > o.ends_at
             or mod(extract(epoch from s.starts_at - o.starts_at)::int, o.grid_minutes * 60) <> 0
             or s.resource_id <> o.resource_id)`,
    [practice.clinic.no, moment.at],
  )
  return rows.map(({ id }) => `the visit ${id} has other minutes than its type, or lies outside of its session`)
}

/**
 * Each message has arrived once with each person: by the address, the kind, and the visit, which for moves and
 * reminders is its time; and each appointment was announced, but for those that had begun.
 */
async function mailFaults({ moment, practice }: Scene, mails: PracticeMails): Promise<string[]> {
  const sent = mails.sent.splice(0)
  const { rows } = await moment.ownerPool.query<{ id: string; about: string }>(
    `select m.id, concat_ws(' ', m.kind, m.minutes_before, m.booking_id,
                            case when m.kind in ('moved', 'reminder') then s.starts_at end) as about
       from holdfast.message m join holdfast.slot s on s.clinic_no = m.clinic_no and s.id = m.slot_id
      where m.clinic_no = $1 and m.id = any ($2::uuid[])`,
    [practice.clinic.no, sent.map(({ messageId }) => messageId.slice(1, messageId.indexOf('@')))],
  )
  const about = new Map(rows.map((row) => [row.id, row.about]))
  const found: string[] = []
  for (const { to, messageId } of sent) {
    const message = `${to} ${about.get(messageId.slice(1, messageId.indexOf('@'))) ?? messageId}`
    if (mails.arrived.has(message)) found.push(`this message arrived twice: ${message}`)
    mails.arrived.add(message)
  }
  const { rows: silent } = await moment.ownerPool.query<{ id: string }>(
    `select e.booking_id as id
       from holdfast.booking_event e
       join holdfast.slot s on s.clinic_no = e.clinic_no and s.id = e.slot_id
      where e.clinic_no = $1 and e.type = 'confirmed' and e.at > $2::timestamptz - interval '20 hours'
        and s.starts_at > e.at + interval '1 minute'
        and not exists (select from holdfast.message m
                         where m.clinic_no = e.clinic_no and m.booking_id = e.booking_id and m.kind = 'confirmed')`,
    [practice.clinic.no, moment.at],
  )
  return [...found, ...silent.map(({ id }) => `nobody was told of the appointment ${id}`)]
}
