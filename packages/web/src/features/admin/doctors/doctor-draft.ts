import type { Doctor, NewDoctor } from '@holdfast/contract/client'
import { appointmentTypes } from '@holdfast/vocabulary'
import { feeOf, typedFee } from '../shared/fees/fee-amount.ts'

/** The values of the form's fields. */
export type DoctorDraft = {
  name: string
  specialization: string
  experienceYears: number | string
  /** The fee in the currency's main unit: 65 is 65 €. */
  fee: number | string
  currency: string
  /** BCP 47 tags. */
  languages: string[]
  appointmentTypes: string[]
}

/** @param currency of a fee, if the doctor has none yet */
export function draftOf(doctor: Doctor | null, currency: string): DoctorDraft {
  return {
    name: doctor?.name ?? '',
    specialization: doctor?.specialization ?? '',
    experienceYears: doctor?.experienceYears ?? '',
    fee: typedFee(doctor?.fee),
    currency: doctor?.fee?.currency ?? currency,
    languages: doctor?.languages ?? [],
    appointmentTypes: doctor?.appointmentTypes ?? ['in_person'],
  }
}

/** The request for the API; an empty field is null. A rating, which no page shows, stays as it is. */
export function doctorOf(draft: DoctorDraft): Omit<NewDoctor, 'clinicId'> {
  const types = appointmentTypes.filter((type) => draft.appointmentTypes.includes(type))
  return {
    name: draft.name.trim(),
    specialization: draft.specialization.trim(),
    experienceYears: draft.experienceYears === '' ? null : Number(draft.experienceYears),
    fee: feeOf(draft.fee, draft.currency),
    languages: draft.languages,
    appointmentTypes: types,
  }
}
