import { restOperations, type TicketLinkRequestBody } from '@holdfast/contract'
import type { Booking, BookingStatus, Clinic } from '@holdfast/engine'
import { clientAddress } from '../../edge/client-address.ts'
import { problem } from '../../edge/problem-error.ts'
import { windowCounts } from '../../edge/window-counts.ts'
import { referenceOf, whenText } from '../../messages/visit-context.ts'
import { clinicNotFound } from '../guards/require-clinic.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

const quarterHourMs = 15 * 60_000
const callersMax = 10_000
/** Who guesses references learns nothing from the responses, and nothing is gained by being fast. */
const requestsPerAddressMax = 20
/** Nobody gets more mails than this, whoever asks and from wherever. */
const mailsPerRecipientMax = 3
const bookingsMax = 5

const withTicket: ReadonlySet<BookingStatus> = new Set(['PENDING', 'CONFIRMED', 'ARRIVED'])

/**
 * The way back for patients who have lost their ticket: its link is sent to the address given, if and only if it is the
 * booking's. The response, and the time until it, are the same in every case: whatever is done is done afterwards.
 */
export function serveTicketLinks(serve: Serve, deps: RestDeps): void {
  const ofCaller = windowCounts(requestsPerAddressMax, quarterHourMs, callersMax)
  const ofRecipient = windowCounts(mailsPerRecipientMax, quarterHourMs, callersMax)

  serve(restOperations.sendTicketLink, async ({ body, request }) => {
    if (deps.mails.ticketLink === null) throw problem('mail_unavailable', 'This server sends no e-mails.')
    const count = ofCaller(clientAddress(request))
    if (count.isExceeded && deps.bookingOrigins !== null) {
      const detail = `More than ${count.max} requests for links in 15 minutes.`
      throw problem('rate_limited', detail, { retryAfterSeconds: count.ttlInSeconds })
    }
    const clinic = await deps.engine.directory.clinic(body.clinicId)
    if (clinic === null) throw clinicNotFound(body.clinicId)
    const mayMail = () => !ofRecipient(addressOf(body.email)).isExceeded
    const onError = (error: unknown) => request.log.error({ err: error }, 'the link to a ticket was not sent')
    setImmediate(() => void sendLinks(deps, clinic, body, mayMail).catch(onError))
    return { status: 202, body: {} }
  })
}

async function sendLinks(
  deps: RestDeps,
  clinic: Clinic,
  wanted: TicketLinkRequestBody,
  mayMail: () => boolean,
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
  for (const booking of found) if (mayMail()) await sendLink(deps, clinic, booking, wanted)
}

async function sendLink(
  { engine, mails, ticketUrl }: RestDeps,
  clinic: Clinic,
  booking: Booking,
  { language: wantedLanguage }: TicketLinkRequestBody,
): Promise<void> {
  const { id, doctorId, startsAt, patient } = booking
  const [doctor, access] = await Promise.all([engine.directory.doctor(doctorId), engine.manageTokenEpochs.access(id)])
  if (doctor === null || access === null || access.isOver) return
  const language = wantedLanguage ?? patient.language ?? 'en'
  await mails.ticketLink?.(
    // As in the booking: what the caller has written may be another spelling.
    { address: patient.email ?? '', language },
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
