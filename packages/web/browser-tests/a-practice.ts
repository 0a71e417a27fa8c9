import type { Clinic, Doctor, Slot } from '@holdfast/contract/client'
import { clinicNoOf } from '@holdfast/engine'
import { withoutQuietHours } from '@holdfast/testkit'
import type { Site } from './harness.ts'

export type Practice = { clinic: Clinic; doctor: Doctor; slots: Slot[] }

export type PracticeOptions = {
  clinicName?: string
  doctorName?: string
  timezone?: string
  holdSeconds?: number
  holdExtensionsMax?: number
  capacity?: number
  /** Quarters of an hour from 9:00, two days from now. Default 6. */
  slotCount?: number
  appointmentTypes?: ('in_person' | 'video')[]
}

/** Creates a clinic with one doctor and a morning of free times, through the API as a site administrator. */
export async function aPractice(site: Site, options: PracticeOptions = {}): Promise<Practice> {
  const clinic = await dataOf(
    site.admin.createClinic({
      body: {
        name: options.clinicName ?? 'Harbour Street Practice',
        timezone: options.timezone ?? 'UTC',
        address: '12 Harbour Street, Whitstable',
        phone: '+44 1632 960 471',
        settings: {
          ...(options.holdSeconds ? { holdSeconds: options.holdSeconds } : {}),
          ...(options.holdExtensionsMax ? { holdExtensionsMax: options.holdExtensionsMax } : {}),
        },
      },
    }),
  )
  await withoutQuietHours(site.database, clinicNoOf(clinic.id))
  return { clinic, ...(await aDoctorWithTimes(site, clinic, options)) }
}

/** Adds a doctor with free times to a clinic. */
export async function aDoctorWithTimes(site: Site, clinic: Clinic, options: PracticeOptions = {}) {
  const doctor = await dataOf(
    site.admin.createDoctor({
      body: {
        clinicId: clinic.id,
        name: options.doctorName ?? 'Dr Amara Okafor',
        specialization: 'General practice',
        experienceYears: 14,
        languages: ['en', 'ig'],
        fee: { amount: 6500, currency: 'GBP' },
        appointmentTypes: options.appointmentTypes ?? ['in_person'],
      },
    }),
  )
  const day = Temporal.Now.plainDateISO('UTC').add({ days: 2 })
  const nine = day.toZonedDateTime({ timeZone: clinic.timezone, plainTime: '09:00' })
  const slots = Array.from({ length: options.slotCount ?? 6 }, (_, index) => ({
    startsAt: nine
      .add({ minutes: 15 * index })
      .toInstant()
      .toString(),
    endsAt: nine
      .add({ minutes: 15 * (index + 1) })
      .toInstant()
      .toString(),
    capacity: options.capacity ?? 1,
  }))
  await dataOf(site.admin.createSlots({ path: { doctorId: doctor.id }, body: { slots } }))
  const listed = await dataOf(
    site.admin.listSlots({
      path: { doctorId: doctor.id },
      query: { from: day.subtract({ days: 1 }).toString(), to: day.add({ days: 3 }).toString() },
    }),
  )
  return { doctor, slots: listed.items }
}

/** How many places of a time the API reports as free. */
export async function placesLeft(
  site: Site,
  { doctor }: Pick<Practice, 'doctor'>,
  slotId: string,
): Promise<number | undefined> {
  const from = Temporal.Now.plainDateISO('UTC')
  const query = { from: from.toString(), to: from.add({ days: 10 }).toString() }
  const { items } = await dataOf(site.admin.listSlots({ path: { doctorId: doctor.id }, query }))
  return items.find(({ id }) => id === slotId)?.available
}

/** The data of a successful call. @throws Error with the API's error response */
export async function dataOf<Data>(call: Promise<{ data?: Data; error?: unknown }>): Promise<NonNullable<Data>> {
  const { data, error } = await call
  if (data === undefined || data === null) throw new Error(`The API returned an error: ${JSON.stringify(error)}`)
  return data
}
