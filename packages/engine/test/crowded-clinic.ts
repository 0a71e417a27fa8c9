import { randomUUID } from 'node:crypto'
import { aBooking, aClinic, aDoctor, aSlot, aWaitlistEntry, type TestDatabase } from '@holdfast/testkit'
import type { Engine } from '../src/model/engine.ts'
import { joined } from './joined.ts'

const doings = ['join', 'leave', 'erase', 'withdraw', 'create', 'cancel'] as const

export type CrowdedClinic = {
  clinicNo: number
  /** What was done so far. */
  done: ReadonlySet<string>
  /** Somebody joins, leaves or is erased, a slot is withdrawn or created, or a booking is cancelled. */
  step(engine: Engine): Promise<void>
}

/** A clinic whose waitlist and slots change all the time. @param random returns numbers from 0 to 1 */
export async function aCrowdedClinic(database: TestDatabase, random: () => number): Promise<CrowdedClinic> {
  const clinic = await aClinic(database)
  const doctor = await aDoctor(database, clinic)
  const slots: string[] = []
  const bookings: string[] = []
  const entries: string[] = []
  const emails: string[] = []
  const done = new Set<string>()
  const take = (items: string[]): string | undefined => items.splice(Math.floor(random() * items.length), 1)[0]
  let lastEnd = 0
  for (let n = 0; n < 20; n += 1) {
    const slot = await aSlot(database, doctor)
    slots.push(slot.id)
    bookings.push((await aBooking(database, slot)).id)
    lastEnd = Math.max(lastEnd, slot.endsAt.getTime())
    entries.push((await aWaitlistEntry(database, doctor)).id)
  }

  async function join({ waitlist }: Engine): Promise<void> {
    const email = `${randomUUID()}@example.org`
    const id = await joined(waitlist, {
      clinicNo: clinic.no,
      doctorId: doctor.id,
      specialization: null,
      from: '2020-01-01',
      to: '2100-01-01',
      weekdays: null,
      visitTypeId: null,
      timeFrom: null,
      timeTo: null,
      units: 1,
      urgency: 'routine',
      patient: { name: 'Grace', email },
      accountId: null,
      joinedBy: null,
      origins: [],
      isLimited: false,
      accountEmail: null,
      emailAccountId: null,
    })
    emails.push(email)
    entries.push(id)
  }

  async function act(engine: Engine, doing: (typeof doings)[number]): Promise<void> {
    if (doing === 'join') return join(engine)
    if (doing === 'create') {
      const startsAt = new Date(lastEnd)
      lastEnd += 900_000
      const drafts = [{ startsAt, endsAt: new Date(lastEnd), capacity: 1 }]
      const { items } = await engine.createSlots({ doctorId: doctor.id, drafts, dryRun: false })
      slots.push(...items.flatMap(({ slotId }) => slotId ?? []))
      return
    }
    const id = take({ leave: entries, erase: emails, withdraw: slots, cancel: bookings }[doing])
    if (id === undefined) return join(engine)
    const actorId = null
    if (doing === 'leave') await engine.waitlist.leave(id, 'left', actorId)
    else if (doing === 'erase')
      await engine.erasures.ofPatient({ clinicNo: clinic.no, patient: { email: id }, actorId })
    else if (doing === 'cancel') {
      const key = randomUUID()
      await engine.settle({ bookingId: id, action: 'cancel', actorId, onBehalf: true, key, reason: null })
    } else {
      const which = { slotId: id }
      await engine.withdrawSlots({ clinicNo: clinic.no, which, withBookings: true, dryRun: false, actorId })
    }
  }

  return {
    clinicNo: clinic.no,
    done,
    async step(engine) {
      const doing = doings[Math.floor(random() * doings.length)] ?? 'join'
      await act(engine, doing)
      done.add(doing)
    },
  }
}
