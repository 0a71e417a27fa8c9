import type { Doctor, NewDoctor } from '@holdfast/contract/client'

/** The form's fields as they are typed. */
export type DoctorDraft = {
  name: string
  specialization: string
  experienceYears: number | string
  /** 0–5. */
  rating: number | string
  /** Of the currency's main unit, such as 65 for 65 €. */
  fee: number | string
  currency: string
  /** BCP 47 tags. */
  languages: string[]
  appointmentTypes: string[]
}

export function draftOf(doctor: Doctor | null): DoctorDraft {
  return {
    name: doctor?.name ?? '',
    specialization: doctor?.specialization ?? '',
    experienceYears: doctor?.experienceYears ?? '',
    rating: doctor?.rating ?? '',
    fee: doctor?.fee ? doctor.fee.amount / 10 ** decimalsOf(doctor.fee.currency) : '',
    currency: doctor?.fee?.currency ?? 'EUR',
    languages: doctor?.languages ?? [],
    appointmentTypes: doctor?.appointmentTypes ?? ['in_person'],
  }
}

/** What the API is sent; null where nothing was typed. */
export function doctorOf(draft: DoctorDraft): Omit<NewDoctor, 'clinicId'> {
  const types = (['in_person', 'video'] as const).filter((type) => draft.appointmentTypes.includes(type))
  return {
    name: draft.name.trim(),
    specialization: draft.specialization.trim(),
    experienceYears: draft.experienceYears === '' ? null : Number(draft.experienceYears),
    // To the one decimal that there is.
    rating: draft.rating === '' ? null : Math.round(Number(draft.rating) * 10) / 10,
    fee:
      draft.fee === ''
        ? null
        : { amount: Math.round(Number(draft.fee) * 10 ** decimalsOf(draft.currency)), currency: draft.currency },
    languages: draft.languages,
    appointmentTypes: types,
  }
}

/** How many digits follow the point: 2 for EUR, 0 for JPY, 3 for KWD. */
export function decimalsOf(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
}
