import { ErrorOfKind } from '@holdfast/vocabulary'

/** Where objects are stored: a directory, or a bucket of an S3-compatible service. Keys are paths with `/` between. */
export type ObjectStore = {
  /** For messages; without credentials. */
  readonly name: string
  /** Stores an object whole or not at all, and replaces one with the same key. It is durable when this returns. */
  put(key: string, body: Uint8Array): Promise<void>
  /**
   * Stores an object unless there is one with this key: of several processes that try, one succeeds.
   *
   * An S3 service that ignores `If-None-Match` replaces the object, so read the key before, and again later.
   *
   * @returns whether it was stored. After a lost response this may be false although it was: read what is there.
   */
  putIfAbsent(key: string, body: Uint8Array): Promise<boolean>
  /** null: there is no such object. */
  get(key: string): Promise<Buffer | null>
  /** All objects whose keys begin with the prefix, sorted by key. */
  list(prefix: string): Promise<StoredObject[]>
  /** Removes objects; those that do not exist are ignored. */
  remove(keys: readonly string[]): Promise<void>
}

export type StoredObject = { key: string; bytes: number }

/** `full`: no space or over a quota. `denied`: wrong credentials or permissions. */
export type ObjectStoreErrorKind = 'full' | 'denied' | 'unreachable' | 'invalid'

/** The store can't be used. The message says which one, why, and what to do about it. */
export class ObjectStoreError extends ErrorOfKind<ObjectStoreErrorKind> {
  override readonly name = 'ObjectStoreError'
}
