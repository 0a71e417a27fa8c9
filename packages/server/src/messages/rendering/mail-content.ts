/** What a mail says, in the language of its recipient. The layout decides how it looks. */
export type MailContent = {
  subject: string
  /** What inboxes show after the subject. */
  preview: string
  heading: string
  paragraphs: string[]
  details: { label: string; value: string }[]
  /** What they are about. */
  aboveActions?: string
  /** The first is the main one. `isChoice`: a button beside it, for the other answer. */
  actions: { label: string; url: string; isChoice?: true }[]
  notes: string[]
}

/** Visits of a series: those that were cancelled together with this one, and those to come, with this one. */
export type SeriesContext = { total: number; cancelled: SeriesVisit[]; toCome: SeriesVisit[] }
type SeriesVisit = { number: number; when: string }

/** A visit as texts, in the language of the patient and the time zone of the clinic. */
export type VisitContext = {
  /** null: it is left out. */
  patientName: string | null
  clinicName: string
  /** null: the clinic has given none. */
  clinicAddress: string | null
  clinicPhone: string | null
  doctorName: string
  /** What was booked in an open session; null: a slot was. `preparation`: null: there is nothing to do before it. */
  visitType: { name: string; length: string; preparation: string | null } | null
  isVideo: boolean
  units: number
  /** The day and time, with the zone. */
  when: string
  reference: string
  ticketUrl: string
  /** The series of visits that it belongs to; null: none. */
  series: SeriesContext | null
  textBefore: string | null
  textAfter: string | null
}
