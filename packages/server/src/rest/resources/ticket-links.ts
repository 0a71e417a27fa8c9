import { restOperations, type TicketLinkRequestBody } from '@holdfast/contract'
import type { Booking, BookingStatus, Clinic } from '@holdfast/engine'
import { problem } from '../../edge/problem-error.ts'
import type { RateLimits } from '../../edge/rate-limits.ts'
import { referenceOf, whenText } from '../../messages/visit-context.ts'
import { clinicNotFound } from '../guards/require-clinic.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

const bookingsMax = 5

const withTicket: ReadonlySet<BookingStatus> = new Set(['PENDING', 'CONFIRMED', 'ARRIVED'])

/**
 * The way back for patients who have lost their ticket: its link is sent to the address given, if and only if it is the
 * booking's. The response, and the time until it, are the same in every case: whatever is done is done afterwards.
 */
export function serveTicketLinks(serve: Serve, deps: RestDeps): void {
  serve(restOperations.sendTicketLink, async ({ body, request }) => {
    if (deps.mails.ticketLink === null) throw problem('mail_unavailable', 'This server sends no e-mails.')
    const { rateLimits } = request.server
    await rateLimits.countTicketLinkRequest(request)
    const clinic = await deps.engine.directory.clinic(body.clinicId)
    if (clinic === null) throw clinicNotFound(body.clinicId)
    const onError = (error: unknown) => request.log.error({ err: error }, 'the link to a ticket was not sent')
    setImmediate(() => void sendLinks(deps, rateLimits, clinic, body).catch(onError))
    return { status: 202, body: {} }
  })
}

async function sendLinks(
  deps: RestDeps,
  rateLimits: Pick<RateLimits, 'countTicketMail'>,
  clinic: Clinic,
  wanted: TicketLinkRequestBody,
): Promise<void> {
  const { day, reference, email } = wanted
  const query = { clinicNo: clinic.no, from: day, to: day, q: reference, limit: bookingsMax }
  const all = { status: null, confirmedOnly: false, doctorId: null, cursor: null }
  const { items } = await deps.engine.reads.bookingsOfClinic({ ...query, ...all })
  const found = items.filter(
    ({ id, patient, status }) =>
      referenceOf(id).replace('-', '') === reference.replace('-', '').toUpperCase() &&
      addressOf(patient.email ?? '') === addressOf(email) &&
      withTicket.has(status),
  )
  for (const booking of found) {
    const mayBeSent = await rateLimits.countTicketMail(addressOf(email))?.then(
      () => true,
      () => false,
    )
    if (mayBeSent !== false) await sendLink(deps, clinic, booking, wanted)
  }
}

async function sendLink(
  { engine, mails, ticketUrl }: RestDeps,
  clinic: Clinic,
  booking: Booking,
  { language: wantedLanguage }: TicketLinkRequestBody,
): Promise<void> {
  const { id, doctorId, startsAt, patient } = booking
  const [doctor, access, logo] = await Promise.all([
    engine.directory.doctor(doctorId),
    engine.manageTokenEpochs.access(id),
    engine.directory.logo(clinic.no),
  ])
  if (doctor === null || access === null || access.isOver) return
  const language = wantedLanguage ?? patient.language ?? 'en'
  await mails.ticketLink?.(
    // As in the booking: what the caller has written may be another spelling.
    { address: patient.email ?? '', language, logo },
    {
      patientName: patient.name,
      clinicName: clinic.name,
      doctorName: doctor.name,
      when: whenText(startsAt, clinic.timezone, language),
      reference: referenceOf(id),
      ticketUrl: ticketUrl({ bookingId: id, accountId: access.accountId, manageEpoch: access.epoch }),
    },
  )
}

function addressOf(email: string): string {
  return email.trim().toLowerCase()
}
