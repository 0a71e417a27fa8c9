import type { PersonRelation } from '@holdfast/vocabulary'
import type { WriteKey } from './stored-responses.ts'

type PersonFields = {
  name: string
  /** YYYY-MM-DD */
  birthDate: string | null
  /** What the person is to the owner of the account; null: it was not said. */
  relation: PersonRelation | null
}

/** Somebody whom the owner of an account books for. */
export type AccountPerson = PersonFields & { id: string }

type PersonMissing = { kind: 'person_missing' }

/** The people whom the owners of accounts book for. No booking refers to them: see the table `account_person`. */
export type AccountPeople = {
  /** Those of the account, the one that was added first first. */
  list(accountId: string): Promise<AccountPerson[]>
  /**
   * `replayed`: a request with the write key has created `person` before, and this one has created nothing.
   * `person_missing`: the same, and that person was removed since. `too_many_people`: the account has `max`.
   */
  create(
    accountId: string,
    person: PersonFields,
    writeKey: WriteKey,
  ): Promise<
    | { kind: 'done' | 'replayed'; person: AccountPerson }
    | { kind: 'too_many_people'; max: number }
    | { kind: 'key_reused' }
    | PersonMissing
  >
  /** Fields that are absent stay. A person of another account is missing, too. Idempotent. */
  change(
    accountId: string,
    id: string,
    change: Partial<PersonFields>,
  ): Promise<{ kind: 'done'; person: AccountPerson } | PersonMissing>
  remove(accountId: string, id: string): Promise<{ kind: 'done' } | PersonMissing>
}
