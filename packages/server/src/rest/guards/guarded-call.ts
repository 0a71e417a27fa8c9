import type { Principal } from '../../edge/authentication/principal.ts'

/** A request that has passed its schemas, and whose sender has yet to be checked. */
export type GuardedCall = { params?: unknown; query?: unknown; body?: unknown; principal: Principal }
