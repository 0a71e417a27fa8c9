import { type AccountDataBody, type PersonBody, restOperations } from '@holdfast/contract'
import { type PersonInClinic, personalBookingsMax, TooMuchPersonalData } from '@holdfast/engine'
import { invalidRequest } from '../../edge/bodies/validator.ts'
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
    // A contact is not in the log.
    { audit: ({ body }) => ({ subjectId: body.patientId ?? body.accountId ?? null }) },
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
      const document = await orTooMuch(() => personalData.ofAccountIn(clinicNo, accountId))
      documents.push({ clinicId, clinicName, ...document })
    }
    const body: AccountDataBody = { account: [...ofAuth, ...ofEngine], clinics: documents }
    return { status: 200, body, headers: notStored }
  })
}

const notStored = { 'cache-control': 'no-store' }

function personOf({ emails = [], phones = [], accountId, patientId }: PersonBody): PersonInClinic {
  const contacts = [...emails.map((email) => ({ email })), ...phones.map((phone) => ({ phone }))]
  const isNobody = contacts.length === 0 && patientId === undefined
  if (accountId !== undefined) {
    if (isNobody) return { accountId }
    throw invalidRequest([{ path: '/accountId', message: 'must not be sent together with contacts or a record' }])
  }
  if (isNobody) throw invalidRequest([{ path: '/', message: 'must have a contact, an account or a record' }])
  for (const [index, phone] of phones.entries()) requireDigits(phone, `/phones/${index}`)
  return { contacts, ...(patientId === undefined ? {} : { patientId }) }
}

async function orTooMuch<Document>(collect: () => Promise<Document>): Promise<Document> {
  try {
    return await collect()
  } catch (error) {
    if (!(error instanceof TooMuchPersonalData)) throw error
    const most = personalBookingsMax.toLocaleString('en')
    throw invalidRequest([{ path: '/', message: `has more than ${most} bookings, so it is not of one person alone` }])
  }
}
