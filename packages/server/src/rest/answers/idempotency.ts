import { hash, randomUUID } from 'node:crypto'
import type { ClaimRequest, WriteKey } from '@holdfast/engine'
import type { FastifyRequest } from 'fastify'
import type { Principal } from '../../edge/principal.ts'
import { invalidRequest, preview } from '../../edge/validator.ts'

const keyPattern = /^[\x20-\x7e]{1,255}$/

/**
 * The Idempotency-Key header; null where none was sent.
 *
 * @throws ProblemError invalid_request for anything but 1–255 printable ASCII characters, or for two headers
 */
export function idempotencyKeyOf(request: FastifyRequest): string | null {
  const key = request.headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key !== 'string' || isRepeated(request, key)) throw refused('must be sent once')
  if (!keyPattern.test(key)) {
    throw refused(`must be 1–255 printable ASCII characters, not ${key.length} characters: ${preview(key)}`)
  }
  return key
}

/**
 * A key as the engine stores it: a 128-bit digest, as a UUID, of who asks, what for and the key. Two accounts or holders
 * of manage tokens never share a key; guests share one scope, because nothing tells them apart.
 */
export function keyDigest(principal: Principal, purpose: string, key: string): string {
  return digest(`${scopeOf(principal)}\n${purpose}\n${key}`)
}

function scopeOf(principal: Principal): string {
  if (principal.kind === 'account') return `account:${principal.accountId}`
  return principal.kind === 'manage_token' ? `token:${principal.token}` : 'guest'
}

/** The same of a request that sent no key: nobody can send this one again. */
export function freshKey(): string {
  return randomUUID()
}

/** A 128-bit digest, as a UUID, of everything that makes a request this request. */
export function requestHash(parts: unknown): string {
  return digest(canonicalJson(parts))
}

/** What a request for a booking asks for. */
export type ClaimAsked = Pick<ClaimRequest, 'appointmentType' | 'confirm' | 'patient' | 'reason' | 'slotId' | 'units'>

/** No name is forgotten, also where it may be left out. */
type Every<Asked> = { [Name in keyof Asked]-?: Asked[Name] | undefined }

/**
 * The same of a request for a booking. Its names stand in order here, as {@link canonicalJson} puts them: putting them in
 * order took four times as long as writing them.
 */
export function claimHash({ patient: { email, name, phone }, ...asked }: ClaimAsked, isOnBehalf: boolean): string {
  const { appointmentType, confirm, reason, slotId, units } = asked
  const onBehalf = isOnBehalf || undefined
  const patient: Every<ClaimAsked['patient']> = { email, name, phone }
  const inOrder: Every<typeof asked> & { onBehalf: unknown; patient: unknown } = {
    appointmentType,
    confirm,
    onBehalf,
    patient,
    reason,
    slotId,
    units,
  }
  return digest(JSON.stringify(inOrder))
}

/** The key of a write that is not a booking; null where none was sent. */
export function writeKeyOf(request: FastifyRequest, purpose: string, asked: unknown = request.body): WriteKey {
  const key = idempotencyKeyOf(request)
  if (key === null) return null
  return { key: keyDigest(request.principal, purpose, key), requestHash: requestHash(asked) }
}

/** JSON with the names of every object in order, so that the same content is the same text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(inOrder(value))
}

/** A copy, because JSON.stringify with a function that puts names in order takes twice as long. */
function inOrder(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(inOrder)
  const names = Object.keys(value).sort()
  return Object.fromEntries(names.map((name) => [name, inOrder((value as Record<string, unknown>)[name])]))
}

function digest(text: string): string {
  const hex = hash('sha256', text, 'hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}

/** Node joins two headers of a name by ", ", which a key may also contain: then what was sent decides. */
function isRepeated(request: FastifyRequest, key: string): boolean {
  if (!key.includes(', ')) return false
  return request.raw.rawHeaders.filter((name, index) => index % 2 === 0 && /^idempotency-key$/i.test(name)).length > 1
}

function refused(message: string) {
  return invalidRequest([{ path: '/headers/idempotency-key', message }])
}
