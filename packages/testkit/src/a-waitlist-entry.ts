import { newId } from '@holdfast/engine'
import type { BuilderDatabase } from './builders.ts'

export type WaitlistEntryOverrides = {
  id?: string
  /** Instead of the doctor. */
  specialization?: string
  /** Default: places of fixed slots. */
  visitTypeId?: string
  /** Default: from 2020 to 2100. */
  from?: string
  to?: string
  weekdays?: number[]
  timeFrom?: string
  timeTo?: string
  /** Default 1. */
  units?: number
  /** 0 routine, 1 soon, 2 urgent. Default 0. */
  urgency?: number
  accountId?: string
  /** The member of the clinic who has added it. Default: the patient has. */
  joinedBy?: string
  patient?: { name: string; email?: string; phone?: string }
  /** Default now. */
  joinedAt?: Date
}

export type BuiltWaitlistEntry = { id: string; clinicNo: number }

/** An entry of a waitlist. Nothing that is free already is offered to it. */
export async function aWaitlistEntry(
  database: BuilderDatabase,
  doctor: { id: string; clinicNo: number },
  overrides: WaitlistEntryOverrides = {},
): Promise<BuiltWaitlistEntry> {
  const id = overrides.id ?? newId(doctor.clinicNo)
  await database.ownerPool.query(
    `insert into holdfast.waitlist_entry (clinic_no, id, resource_id, specialization, from_date, to_date, weekdays,
       time_from, time_to, units, urgency, joined_at, account_id, patient, joined_by, visit_type_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, coalesce($12, clock_timestamp()), $13, $14, $15, $16)`,
    [
      doctor.clinicNo,
      id,
      overrides.specialization === undefined ? doctor.id : null,
      overrides.specialization ?? null,
      overrides.from ?? '2020-01-01',
      overrides.to ?? '2100-01-01',
      overrides.weekdays ?? null,
      overrides.timeFrom ?? null,
      overrides.timeTo ?? null,
      overrides.units ?? 1,
      overrides.urgency ?? 0,
      overrides.joinedAt ?? null,
      overrides.accountId ?? null,
      overrides.patient ?? { name: 'Grace Hopper', email: 'grace@example.org' },
      overrides.joinedBy ?? null,
      overrides.visitTypeId ?? null,
    ],
  )
  return { id, clinicNo: doctor.clinicNo }
}
