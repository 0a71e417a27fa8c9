import { createEngine, createPool } from '@holdfast/engine'
import { madeClinic } from './our-calendar.ts'

const slotMs = 15 * 60_000
const dayMs = 86_400_000

export type OfferedPlaces = { offered: number; offeredPerSecond: number; faults: string[] }

/**
 * The engine in this process: `waiting` people wait for one doctor, and `places` slots are created, which are offered
 * to them. `faults`: who was offered a place out of order, and what verify finds.
 */
export async function offerPlaces(databaseUrl: string, waiting: number, places: number): Promise<OfferedPlaces> {
  const pool = createPool({ url: databaseUrl, max: 2, name: 'bench waitlist' })
  const engine = createEngine({ batchPool: pool, generalPool: pool })
  try {
    const clinic = await madeClinic(engine)
    const doctor = await engine.directory.createDoctor(
      clinic.no,
      {
        name: 'Dr Waited For',
        specialization: 'Cardiology',
        experienceYears: null,
        rating: null,
        languages: [],
        fee: null,
        appointmentTypes: ['in_person'],
      },
      null,
    )
    if (doctor.kind !== 'done') throw new Error('The doctor was not created.')
    const doctorId = doctor.value.id
    await pool.query(
      `insert into holdfast.waitlist_entry (clinic_no, id, resource_id, from_date, to_date, joined_at, patient)
       select $1::int, holdfast.new_id($1::int, now()), $2, '2020-01-01', '2100-01-01',
              now() - make_interval(secs => $3 - n), jsonb_build_object('name', n::text)
         from generate_series(1, $3::int) n order by random()`,
      [clinic.no, doctorId, waiting],
    )
    await pool.query('analyze holdfast.waitlist_entry')
    const firstDay = (Math.floor(Date.now() / dayMs) + 2) * dayMs
    const drafts = Array.from({ length: places }, (_, n) => ({
      startsAt: new Date(firstDay + n * slotMs),
      endsAt: new Date(firstDay + (n + 1) * slotMs),
      capacity: 1,
    }))
    const startedAt = performance.now()
    await engine.createSlots({ doctorId, drafts, dryRun: false })
    const seconds = (performance.now() - startedAt) / 1_000
    const { rows } = await pool.query<{ n: number }>(
      `select (b.patient->>'name')::int as n from holdfast.booking b
         join holdfast.slot s on s.clinic_no = b.clinic_no and s.id = b.slot_id
        where b.clinic_no = $1 and b.status = 'PENDING' order by s.starts_at`,
      [clinic.no],
    )
    const outOfOrder = rows.filter(({ n }, index) => n !== index + 1).length
    const { details } = await engine.reads.verify({ clinicNo: clinic.no, detailsMax: 5 })
    return {
      offered: rows.length,
      offeredPerSecond: rows.length / seconds,
      faults: [
        ...(outOfOrder === 0 ? [] : [`${outOfOrder} places were offered out of order.`]),
        ...(rows.length === Math.min(places, waiting) ? [] : [`${rows.length} places of ${places} were offered.`]),
        ...details.map(({ kind, message }) => `${kind}: ${message}`),
      ],
    }
  } finally {
    await engine.stop()
    await pool.end()
  }
}

/** What each function does for the waitlist when it gives back units, and what it does without a waitlist. */
const parts = [
  {
    name: 'settle_bookings',
    present: 'v_is_awaited := lock_waitlists(v_slot_clinic_nos);',
    absent: 'v_is_awaited := false;',
  },
  {
    name: 'fail_holds',
    present: 'perform offer_places(v_freed_clinic_nos, v_freed_ids);',
    absent: '-- No waitlist.\n    null;',
  },
  {
    name: 'lapsed_units',
    present: 'and is_awaited(p_clinic_no, p_slot_id, v_units, p_at)',
    absent: 'and false',
  },
]

/**
 * Changes the functions of a database so that nobody looks for a waitlist, or changes them back.
 *
 * @throws Error if a function has no such part any more
 */
export async function setWaitlist(databaseUrl: string, isPresent: boolean): Promise<void> {
  const pool = createPool({ url: databaseUrl, max: 1, name: 'bench waitlist' })
  try {
    for (const { name, present, absent } of parts) {
      const { rows } = await pool.query<{ source: string }>(
        `select pg_get_functiondef(oid) as source from pg_proc
          where pronamespace = 'holdfast'::regnamespace and proname = $1`,
        [name],
      )
      const source = rows[0]?.source ?? ''
      const [from, to] = isPresent ? [absent, present] : [present, absent]
      if (!source.includes(from)) throw new Error(`holdfast.${name} has no part ${from}`)
      await pool.query(source.replace(from, to))
    }
  } finally {
    await pool.end()
  }
}
