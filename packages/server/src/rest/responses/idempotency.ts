import { type ClaimRequest, digestUuid, type TimeClaimRequest, type WriteKey } from '@holdfast/engine'
import canonicalize from 'canonicalize'
import type { FastifyRequest } from 'fastify'
import type { Principal } from '../../edge/authentication/principal.ts'
import { invalidRequest, preview } from '../../edge/bodies/validator.ts'
import { clientAddress } from '../../edge/connections/client-address.ts'
import { isUnguessable, keyDigest, type SentKey } from '../sent-key.ts'

const keyPattern = /^[\x20-\x7e]{1,255}$/

/**
 * The Idempotency-Key header; null: none was sent.
 *
 * @throws ProblemError invalid_request for anything but 1–255 printable ASCII characters, or for two headers
 */
export function idempotencyKeyOf(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || isRepeated(request, key)) throw invalidKey('must be sent once')
  if (!keyPattern.test(key)) {
    throw invalidKey(`must be 1–255 printable ASCII characters, not ${key.length} characters: ${preview(key)}`)
  }
  return key
}

/** The key of a request, and whose it is; null: none was sent. */
export function sentKeyOf(request: FastifyRequest): SentKey | null {
  const { idempotencyKey: key, principal } = request
  if (key === null) return null
  const isGuessable = principal.kind === 'anonymous' && !isUnguessable(key)
  return { key, scope: isGuessable ? `guest:${clientAddress(request)}` : scopeOf(principal) }
}

/**
 * Accounts, API keys and bearers of manage tokens never share a key. Guests cannot be distinguished, so they share one
 * scope for keys that nobody can guess; for other keys, see {@link sentKeyOf}.
 */
export function scopeOf(principal: Principal): string {
  if (principal.kind === 'account') return `account:${principal.accountId}`
  if (principal.kind === 'api_key') return `api key:${principal.id}`
  return principal.kind === 'manage_token' ? `token:${principal.token}` : 'guest'
}

/** A 128-bit digest, as a UUID, of what a request asks for: the same for the same content in any order. */
export function requestHash(parts: unknown): string {
  return digestUuid(canonicalize(parts) ?? '')
}

/** What a request for a booking asks for. */
export type BookingRequest = Pick<ClaimRequest, 'appointmentType' | 'confirm' | 'patient' | 'reason' | 'units'> & {
  onBehalf?: true
  addsPlaces?: true
  formerBookingId?: string | undefined
  patientId?: string | undefined
} & (
    | Pick<ClaimRequest, 'slotId'>
    | Pick<TimeClaimRequest, 'sessionId' | 'startsAt' | 'visitTypeId'>
    | (Pick<TimeClaimRequest, 'startsAt' | 'visitTypeId'> & { clinicId: string })
  )

/**
 * {@link requestHash} for a booking. Performance: its names are written in order instead of sorted by `canonicalize`,
 * which takes 1.2 instead of 2.2 µs, of 46 µs that the server takes for a booking (bench/EXPERIMENTS.md).
 */
export function bookingRequestHash(request: BookingRequest): string {
  const {
    addsPlaces,
    appointmentType,
    confirm,
    formerBookingId,
    onBehalf,
    patient,
    patientId,
    reason,
    units,
    ...target
  } = request
  const { answers, email, language, name, phone } = patient
  const sortedAnswers = answers?.map(({ questionId, value, version }) => [questionId, value, version])
  const sortedPatient = { answers: sortedAnswers, email, language, name, phone } satisfies Record<
    keyof typeof patient,
    unknown
  >
  const sorted = {
    addsPlaces,
    appointmentType,
    confirm,
    formerBookingId,
    onBehalf,
    patient: sortedPatient,
    patientId,
    reason,
    ...target,
    units,
  } satisfies Record<keyof BookingRequest, unknown>
  return digestUuid(JSON.stringify(sorted))
}

/** The key of a write that is not a booking; null: none was sent. */
export function writeKeyOf(sent: SentKey | null, purpose: string, parts: unknown): WriteKey {
  return sent === null ? null : { key: keyDigest(sent, purpose), requestHash: requestHash(parts) }
}

/** Node joins two headers of a name with ", ", which a key may also contain: then the raw headers decide. */
function isRepeated(request: FastifyRequest, key: string): boolean {
  if (!key.includes(', ')) return false
  return request.raw.rawHeaders.filter((name, index) => index % 2 === 0 && /^idempotency-key$/i.test(name)).length > 1
}

function invalidKey(message: string) {
  return invalidRequest([{ path: '/headers/idempotency-key', message }])
}
