import type { MailContent, VisitContext } from '../rendering/mail-content.ts'
import type { MailTexts } from '../texts/en.ts'

/** What every mail about a visit says of it. */
export function visitDetails(context: VisitContext, texts: MailTexts): MailContent['details'] {
  const { when, doctorName, visitType, isVideo, units, clinicName, clinicAddress, reference } = context
  const place = clinicAddress === null ? clinicName : texts.place(clinicName, clinicAddress)
  return [
    { label: texts.when, value: when },
    ...(visitType === null ? [] : [{ label: texts.visitType, value: `${visitType.name} (${visitType.length})` }]),
    { label: texts.doctor, value: doctorName },
    { label: texts.where, value: isVideo ? texts.byVideo : place },
    ...(units > 1 ? [{ label: texts.howMany, value: texts.places(units) }] : []),
    { label: texts.reference, value: reference },
  ]
}

/** The visits to come of a series of which a message tells more than one. */
export function seriesToCome({ series }: VisitContext, texts: MailTexts): MailContent['details'] {
  if (series === null || series.toCome.length < 2) return []
  return series.toCome.map(({ number, when }) => ({ label: texts.series.visit(number, series.total), value: when }))
}

/** The greeting and the text, with the clinic's own texts around it. */
export function withClinicTexts(context: VisitContext, texts: MailTexts, paragraphs: string[]): string[] {
  const { patientName, textBefore, textAfter } = context
  return [texts.greeting(patientName), textBefore, ...paragraphs, textAfter].filter((text) => text !== null)
}

/** What patients do before the visit, and what they can change on their ticket. */
export function beforeVisit({ visitType }: VisitContext, texts: MailTexts): string[] {
  if (visitType === null) return [texts.onTicket]
  const { preparation } = visitType
  return [...(preparation === null ? [] : [texts.preparation(preparation)]), texts.onTicketOfVisit]
}

export function questionsNote({ clinicName, clinicPhone }: VisitContext, texts: MailTexts): string[] {
  return clinicPhone === null ? [] : [texts.questions(clinicName, clinicPhone)]
}
