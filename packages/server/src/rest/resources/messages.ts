import { type ListedMessageBody, type MessageBody, restOperations } from '@holdfast/contract'
import type { ListedMessage, Message } from '@holdfast/engine'
import { networkPrefix } from '../../audit/network-prefix.ts'
import { searchOf } from '../../audit/search-of.ts'
import { invalidRequest } from '../../edge/bodies/validator.ts'
import { problem } from '../../edge/errors/problem-error.ts'
import { siteAddress } from '../../edge/headers/site-address.ts'
import { reasonOutdated } from '../../messages/patient-messages/message-mail.ts'
import { isCountry } from '../../messages/patient-messages/message-sms.ts'
import { previewMessage } from '../../messages/previews/preview-message.ts'
import { sampleLinks, sampleSettings } from '../../messages/previews/sample-messages.ts'
import { clinicNotFound } from '../guards/require-clinic.ts'
import { timeOrNull, timeText } from '../responses/bodies/time-text.ts'
import { writeKeyOf } from '../responses/idempotency.ts'
import { refusalProblem } from '../responses/outcome-problems.ts'
import { recordUnknown } from '../responses/record-unknown.ts'
import type { RestDeps } from '../rest-deps.ts'
import type { Serve } from '../serve.ts'

/** What a clinic sent to patients, or would have sent, and what it sends. */
export function serveMessages(serve: Serve, deps: RestDeps): void {
  const { messages } = deps.engine
  servePreviews(serve, deps)
  serveSettings(serve, deps)

  serve(
    restOperations.listMessages,
    async ({ query, granted: { clinic } }) => {
      const { bookingId = null, state = null, limit, cursor = null } = query
      const q = query.q || null
      const { items, nextCursor } = await messages.list({ clinicNo: clinic.no, bookingId, state, q, limit, cursor })
      return { status: 200, body: { items: items.map(listedMessageBody), nextCursor } }
    },
    {
      audit: ({ query: { bookingId, q } }) => ({
        ...(bookingId === undefined ? {} : { kind: 'booking_read', subjectId: bookingId }),
        ...searchOf(q, 'messages'),
      }),
    },
  )

  serve(
    restOperations.getMessage,
    async ({ params, granted: { clinic } }) => {
      const found = await messages.find(clinic.no, params.messageId)
      if (found === null) throw noMessage()
      const { hasContent: _, ...body } = messageBody(found.message)
      const { subject = null, text = null, html = null } = found.content ?? {}
      return { status: 200, body: { ...body, subject, text, html } }
    },
    { audit: (_input, body) => ({ subjectId: bookingIdOf(body) }) },
  )

  serve(
    restOperations.sendMessage,
    async ({ params, granted: { clinic, actor }, key, request }) => {
      const found = await messages.find(clinic.no, params.messageId)
      if (found === null) throw noMessage()
      const { bookingId: subjectId } = found.message
      const { accountId: actorId } = actor
      const unknown = { ...sentAgain(clinic.no, subjectId), actorId, network: networkPrefix(request.ip) }
      const writeKey = writeKeyOf(key, 'sendMessage', params)
      const send = () => messages.sendAgain(clinic.no, params.messageId, writeKey)
      const result = await recordUnknown(deps.audit, () => [unknown], send)
      if (result.kind === 'key_reused') throw refusalProblem(result)
      const { kind, value } = result
      if (value.kind === 'message_missing') throw noMessage()
      if (value.kind === 'too_soon') throw tooSoon(value.retryAfterSeconds)
      return { status: 200, body: messageBody(value.message), isRepeated: kind === 'replayed' }
    },
    {
      // What is unknown is recorded above: the request has no booking to name.
      audit: (_input, body) => (body === undefined ? null : { subjectId: bookingIdOf(body) }),
    },
  )
}

function sentAgain(clinicNo: number, subjectId: string | null) {
  return { kind: 'message_sent_again', clinicNo, subjectId } as const
}

function servePreviews(serve: Serve, { engine: { messages, directory }, publicUrl, now }: RestDeps): void {
  serve(restOperations.previewMessage, async ({ query, granted, request }) => {
    const clinic = await directory.clinic(granted.clinic.id)
    if (clinic === null) throw clinicNotFound(granted.clinic.id)
    const [settings, logo] = await Promise.all([messages.settings(clinic.no), directory.logo(clinic.no)])
    const links = sampleLinks(siteAddress(publicUrl, request))
    const preview = previewMessage(query, { clinic, settings, logo, now: now() }, { ...sampleSettings, links })
    if (preview === null) throw noSuchSms(query)
    return { status: 200, body: preview }
  })
}

function noSuchSms({ kind }: { kind: string }) {
  return invalidRequest([{ path: '/query/channel', message: `must be email: there is no SMS of the kind ${kind}` }])
}

function serveSettings(serve: Serve, { engine: { messages }, confirmationTokens }: RestDeps): void {
  serve(restOperations.getMessageSettings, async ({ granted: { clinic } }) => ({
    status: 200,
    body: await messages.settings(clinic.no),
  }))

  serve(restOperations.updateMessageSettings, async ({ body, granted: { clinic } }) => {
    if (body.confirmByLink === true && confirmationTokens === null) {
      throw problem('mail_unavailable', 'Without a mail server, nobody gets the link to confirm a booking.')
    }
    const changed = await messages.changeSettings(clinic.no, body, (settings) => {
      const { emails, confirmByLink, smsKinds, phoneCountry } = settings
      if (confirmByLink && !emails) throw linkNeedsEmails(body)
      requirePhoneCountry(smsKinds.length > 0, phoneCountry)
    })
    return { status: 200, body: changed }
  })

  serve(restOperations.planReminders, async ({ query, body: { cursor = null }, granted: { clinic } }) => ({
    status: 200,
    body: await messages.planReminders(clinic.no, { cursor, isDryRun: query.dryRun }),
  }))
}

function linkNeedsEmails({ confirmByLink }: { confirmByLink?: boolean }) {
  return confirmByLink === true
    ? invalidRequest([{ path: '/confirmByLink', message: 'can be true only while emails is true' }])
    : invalidRequest([{ path: '/emails', message: 'can be false only while confirmByLink is false' }])
}

/** @throws ProblemError invalid_request */
function requirePhoneCountry(isNeeded: boolean, country: string | null): void {
  if (country === null) {
    if (isNeeded) throw invalidRequest([{ path: '/phoneCountry', message: 'is needed while smsKinds has any' }])
    return
  }
  if (!isCountry(country)) throw invalidRequest([{ path: '/phoneCountry', message: 'is not known as a country' }])
}

function messageBody(message: Message): MessageBody {
  const { dueAt, attemptedAt, doneAt, createdAt, ...rest } = message
  return {
    ...rest,
    dueAt: timeText(dueAt),
    attemptedAt: timeOrNull(attemptedAt),
    doneAt: timeOrNull(doneAt),
    createdAt: timeText(createdAt),
  }
}

function listedMessageBody(listed: ListedMessage): ListedMessageBody {
  const { booking, version: _, slotId: _slotId, newestVersion, isReminderOff, ...message } = listed
  if (booking === null) return { ...messageBody(message), willSkip: null }
  const { patient, status, startsAt, doctorId, erasedAt } = booking
  const shown = { patient, status, startsAt: timeText(startsAt), doctorId, erasedAt: timeOrNull(erasedAt) }
  const outdated = newestVersion === null ? null : reasonOutdated(listed, { ...booking, version: newestVersion })
  const willSkip = outdated ?? (isReminderOff ? 'reminder_off' : null)
  return { ...messageBody(message), willSkip, booking: shown }
}

function bookingIdOf(body: unknown): string | null {
  return typeof body === 'object' && body !== null && 'bookingId' in body ? String(body.bookingId) : null
}

function noMessage() {
  return problem('message_not_found', 'There is no such message.')
}

function tooSoon(retryAfterSeconds: number) {
  return problem('rate_limited', 'This message was sent again less than ten minutes ago.', { retryAfterSeconds })
}
