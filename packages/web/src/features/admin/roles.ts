import type { Role } from '../../lib/session/session.ts'

/** In the order in which they are offered. */
export const roles: readonly Role[] = ['staff', 'doctor', 'admin']
