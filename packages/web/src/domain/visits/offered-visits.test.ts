import type { Doctor, VisitType } from '@holdfast/contract/client'
import { expect, test } from 'vitest'
import { offeredVisits } from './offered-visits.ts'

const doctor = { id: 'd', appointmentTypes: ['in_person'] } as Doctor

const fee = { amount: 4_000, currency: 'EUR' }

function aVisitType(more: Partial<VisitType>): VisitType {
  const base = { id: 'v', minutes: 20, fee, appointmentTypes: ['video', 'in_person'], bookableBy: 'anyone' }
  return { ...base, active: true, doctors: [], ...more } as VisitType
}

const ofDoctor = (doctorId: string, minutes: number | null = null): VisitType['doctors'][number] => ({
  doctorId,
  minutes,
  bufferBeforeMinutes: null,
  bufferAfterMinutes: null,
  fee: null,
})

const offered = (more: Partial<VisitType>, byDesk = false) => offeredVisits([aVisitType(more)], doctor, byDesk)

test('a visit type that names no doctors is offered by all, in the ways that both offer', () => {
  expect(offered({})).toMatchObject([{ minutes: 20, fee, appointmentTypes: ['in_person'] }])
  expect(offered({ appointmentTypes: ['video'] })).toEqual([])
})

test('one that names doctors is offered by these, with their minutes', () => {
  expect(offered({ doctors: [ofDoctor('e'), ofDoctor('d', 35)] })).toMatchObject([{ minutes: 35, fee }])
  expect(offered({ doctors: [ofDoctor('e')] })).toEqual([])
})

test('patients do not get what is switched off or only for the desk, and the desk does not get what is off', () => {
  expect(offered({ active: false }, true)).toEqual([])
  expect(offered({ bookableBy: 'desk' })).toEqual([])
  expect(offered({ bookableBy: 'desk' }, true)).toHaveLength(1)
  expect(offered({ bookableBy: 'known_patients' })).toHaveLength(1)
})
