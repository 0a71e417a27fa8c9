import type { Role } from '@holdfast/vocabulary'

/** In the order in which they are offered. */
export const roles: readonly Role[] = ['staff', 'doctor', 'admin']
