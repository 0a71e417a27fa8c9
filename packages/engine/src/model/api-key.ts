import type { ApiKeyScope } from '@holdfast/vocabulary'
import type { WriteKey } from './stored-responses.ts'

/** A key with which another program calls the API for a clinic, without its secret. */
export type ApiKey = {
  id: string
  name: string
  scopes: ApiKeyScope[]
  bookingsPerSecond: number
  /** The account that created it. */
  createdBy: string
  createdAt: Date
  /** The last rotation; null: there was none. */
  rotatedAt: Date | null
  /** null: it does not expire. */
  expiresAt: Date | null
  /** Up to a minute late; null: never used. */
  lastUsedAt: Date | null
  /** Until when the key before the last rotation is valid as well; null: it is not. */
  previousUntil: Date | null
}

/** A key that is valid now, as a request uses it. */
export type OpenApiKey = Pick<ApiKey, 'id' | 'name' | 'scopes' | 'bookingsPerSecond'> & { clinicNo: number }

export type NewApiKey = Pick<ApiKey, 'name' | 'scopes' | 'bookingsPerSecond' | 'createdBy' | 'expiresAt'> & {
  clinicNo: number
  id: string
  /** SHA-256 of the key. */
  digest: Buffer
}

type Changed = { kind: 'done'; apiKey: ApiKey } | { kind: 'api_key_missing' }

export type ApiKeys = {
  /**
   * `replayed`: a request with the write key has created `apiKey` before, and this one has created nothing.
   * `too_many_api_keys`: the clinic has `max`.
   */
  create(
    apiKey: NewApiKey,
    writeKey: WriteKey,
  ): Promise<
    | { kind: 'done' | 'replayed'; apiKey: ApiKey }
    | { kind: 'too_many_api_keys'; max: number }
    | { kind: 'key_reused' }
    | { kind: 'api_key_missing' }
  >
  /** Those of the clinic that were not deleted, also expired ones; the oldest first. */
  list(clinicNo: number): Promise<ApiKey[]>
  /**
   * `api_key_expired`: it would get a secret that is valid for nothing.
   *
   * The digest until now is valid for `hours` more; the one before it is not any more. Within five minutes of a
   * rotation, the new digest alone is replaced: that rotation's response may have been lost.
   */
  rotate(
    clinicNo: number,
    id: string,
    rotation: { digest: Buffer; hours: number },
  ): Promise<Changed | { kind: 'api_key_expired' }>
  /** Ends the key before the last rotation. */
  endPrevious(clinicNo: number, id: string): Promise<Changed>
  /** Ends the key at once. */
  remove(clinicNo: number, id: string): Promise<{ kind: 'done' } | { kind: 'api_key_missing' }>
  /**
   * The key with this digest, and marks it as used; null: it is unknown, was deleted or has expired. Compares digests
   * in constant time.
   */
  open(clinicNo: number, id: string, digest: Buffer): Promise<OpenApiKey | null>
  /** The names of these keys by their ids, also of deleted ones. Ids that are of no key are left out. */
  names(clinicNo: number, ids: readonly string[]): Promise<Map<string, string>>
}
