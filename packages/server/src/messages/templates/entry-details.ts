import type { MailContent } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

/** An entry of a waitlist as texts. */
export type EntryContext = {
  /** null: it is left out. */
  patientName: string | null
  clinicName: string
  clinicPhone: string | null
  /** null: any of a specialization. */
  doctorName: string | null
  /** null: a place of a fixed slot. */
  visitName: string | null
  /** The range from the first to the last day for which the patient waits. */
  days: string
}

export function entryDetails(context: EntryContext, texts: MailTexts): MailContent['details'] {
  const { visitName, doctorName, days, clinicName } = context
  return [
    ...(visitName === null ? [] : [{ label: texts.visitType, value: visitName }]),
    ...(doctorName === null ? [] : [{ label: texts.doctor, value: doctorName }]),
    { label: texts.when, value: days },
    { label: texts.where, value: clinicName },
  ]
}

export function entryQuestions({ clinicName, clinicPhone }: EntryContext, texts: MailTexts): string[] {
  return clinicPhone === null ? [] : [texts.questions(clinicName, clinicPhone)]
}
