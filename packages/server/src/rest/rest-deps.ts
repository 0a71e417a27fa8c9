import type { Engine } from '@holdfast/engine'
import type { Freshness } from '../cache/freshness.ts'
import type { ManageTokens } from '../secrets/manage-tokens.ts'
import type { VisitRooms } from '../secrets/visit-rooms.ts'

/** An account as the clinic's admins may see it. */
export type AccountCard = { id: string; email: string; name: string }

/** The accounts, as far as the routes need them. */
export type AccountsPort = {
  /** By e-mail address, ignoring case; null: there is none. */
  byEmail(email: string): Promise<AccountCard | null>
  /** Accounts that no longer exist are left out. */
  byIds(ids: string[]): Promise<Map<string, AccountCard>>
}

/** What the REST routes depend on; see compose-server.ts. */
export type RestDeps = {
  engine: Engine
  accounts: AccountsPort
  manageTokens: ManageTokens
  visitRooms: VisitRooms
  /** This process's cache, and how far it has read the log. */
  freshness: Pick<Freshness, 'cache' | 'breaker'> & { tail: Pick<Freshness['tail'], 'horizon'> }
  /** The hold duration of a new clinic whose request names none. */
  holdSecondsDefault: number
  /** This process's clock, only to refuse early what is clearly in the past; the database's clock decides. */
  now(): Date
}
