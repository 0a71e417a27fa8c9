import type { Engine } from '@holdfast/engine'
import type { Freshness } from '../cache/freshness.ts'

/** An account as the clinic's admins may see it. */
export type AccountCard = { id: string; email: string; name: string }

/** What the routes need to know of accounts. */
export type AccountsPort = {
  /** By e-mail, whatever its case; null: nobody. */
  byEmail(email: string): Promise<AccountCard | null>
  /** Accounts that no longer exist are left out. */
  byIds(ids: string[]): Promise<Map<string, AccountCard>>
  /** An account's memberships were changed through this process: forget what was remembered of them. */
  membershipsChanged?(accountId: string): void
}

/** Manage tokens: `hfm_` and 43 base64url characters, derived from the booking's id. */
export type ManageTokensPort = {
  issue(bookingId: string): string
  /** In constant time. */
  verify(bookingId: string, token: string): boolean
}

/** Video visits: each booking's own room has a name that nobody can guess. */
export type VisitRoomsPort = {
  /** 32 letters and digits, always the same for a booking. */
  nameOf(bookingId: string): string
}

/** Everything the REST routes work with; wired in compose.ts. */
export type RestDeps = {
  engine: Engine
  accounts: AccountsPort
  manageTokens: ManageTokensPort
  visitRooms: VisitRoomsPort
  /** What this process has ready, and how far it has been told of changes. */
  freshness: Pick<Freshness, 'cache' | 'breaker'> & { tail: Pick<Freshness['tail'], 'horizon'> }
  /** Hold seconds of a new clinic that names none. */
  holdSecondsDefault: number
  /** This process's clock, only for early refusals of what is plainly past; the database's clock decides. */
  now(): Date
}
