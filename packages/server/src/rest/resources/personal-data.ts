import {
  type AccountDataBody,
  auditKinds,
  type PersonalDataBody,
  type PersonBody,
  restOperations,
  type SeenDataBody,
} from '@holdfast/contract'
import { isId, type PersonInClinic, personalLimits, type SeenData, TooMuchPersonalData } from '@holdfast/engine'
import { subjectsMax } from '../../audit/audit-entry.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import type { AuditedMore } from '../record-requests.ts'
import { timeText } from '../responses/bodies/time-text.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'
import { requireDigits } from './clinic-desk.ts'

/** All that is stored about a person: for the clinic that has identified them, and for their own account. */
export function servePersonalData(serve: Serve, deps: RestDeps): void {
  const { personalData } = deps.engine

  serve(
    restOperations.getPersonalData,
    async ({ body, granted: { clinic } }) => ({
      status: 200,
      body: await orTooMuch(() => personalData.ofPerson({ clinicNo: clinic.no, person: personOf(body) })),
      headers: notStored,
    }),
    { audit: ({ body }, document) => subjectsOf(body.accountId, document as PersonalDataBody | undefined) },
  )

  serve(restOperations.getMyPersonalData, async ({ granted: { accountId } }) => {
    const [ofAuth, ofEngine, clinics] = await Promise.all([
      deps.accounts.personalData(accountId),
      personalData.ofAccount(accountId),
      personalData.clinicsOf(accountId),
    ])
    const documents: AccountDataBody['clinics'] = []
    // One after the other: each is some ten queries.
    for (const { clinicNo, clinicId, clinicName } of clinics) {
      const { sections, archivedMonths } = await orTooMuch(() => personalData.ofAccountIn(clinicNo, accountId))
      documents.push({ clinicId, clinicName, sections, archivedMonths })
    }
    const body: AccountDataBody = { account: [...ofAuth, ...ofEngine], clinics: documents }
    return { status: 200, body, headers: notStored }
  })

  serve(restOperations.listMyDataViews, async ({ query: { limit, cursor = null }, granted: { accountId } }) => {
    const { items, nextCursor } = await personalData.viewsOf({ accountId, limit, cursor })
    return { status: 200, body: { items: items.flatMap(viewBody), nextCursor }, headers: notStored }
  })
}

/** Events of kinds that only a later release knows are left out. */
function viewBody(view: SeenData): SeenDataBody[] {
  const kind = auditKinds.find((one) => one === view.kind)
  if (kind === undefined) return []
  const appointments = view.appointments.map(({ bookingId, startsAt, doctorName }) => ({
    bookingId,
    startsAt: timeText(startsAt),
    doctorName,
  }))
  return [{ ...view, kind, at: timeText(view.at), appointments }]
}

const notStored = { 'cache-control': 'no-store' }

/**
 * Whose data was read: the records and bookings in the document, and the account if something of it was found. An id
 * that somebody has made up is in no log, and neither is a contact.
 */
function subjectsOf(accountId: string | undefined, document: PersonalDataBody | undefined): AuditedMore {
  if (document === undefined) return { subjectId: null }
  const { patientIds, sections } = document
  const rows = sections.flatMap((section) => section.rows)
  const bookingIds = rows.flatMap((row) => {
    const { booking } = row as { booking?: unknown }
    return typeof booking === 'string' && isId(booking) ? [booking] : []
  })
  const ids = [...new Set([...patientIds, ...bookingIds])]
  const [onlyRecord] = patientIds.length === 1 ? patientIds : []
  const subjectId = onlyRecord ?? (rows.length > 0 ? (accountId ?? null) : null)
  if (ids.length === 0) return { subjectId }
  const parts = Array.from({ length: Math.ceil(ids.length / subjectsMax) }, (_, part) => part * subjectsMax)
  return parts.map((from) => ({ subjectId, subjects: ids.slice(from, from + subjectsMax) }))
}

function personOf(body: PersonBody): PersonInClinic {
  const { emails = [], phones = [], accountId, patientId, withContactsOfRecord = false } = body
  const contacts = [...emails.map((email) => ({ email })), ...phones.map((phone) => ({ phone }))]
  const isNobody = contacts.length === 0 && patientId === undefined
  if (accountId !== undefined) {
    if (isNobody) return { accountId }
    throw invalidRequest([{ path: '/accountId', message: 'must not be sent together with contacts or a record' }])
  }
  if (isNobody) throw invalidRequest([{ path: '/', message: 'must have a contact, an account or a record' }])
  for (const [index, phone] of phones.entries()) requireDigits(phone, `/phones/${index}`)
  if (patientId !== undefined) return { contacts, patientId, withContactsOfRecord }
  if (!withContactsOfRecord) return { contacts }
  throw invalidRequest([{ path: '/withContactsOfRecord', message: 'must be sent with patientId' }])
}

async function orTooMuch<Document>(collect: () => Promise<Document>): Promise<Document> {
  try {
    return await collect()
  } catch (error) {
    if (!(error instanceof TooMuchPersonalData)) throw error
    const most = personalLimits[error.by].toLocaleString('en')
    const message =
      error.by === 'person'
        ? `has more than ${most} bookings and waitlist entries, so it is not of one person alone`
        : `has more than ${most} that are not linked to the record: leave the contacts out, or send others`
    throw invalidRequest([{ path: '/', message }])
  }
}
