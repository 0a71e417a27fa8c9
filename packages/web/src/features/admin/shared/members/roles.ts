import type { Role } from '@holdfast/vocabulary'

/** The roles in the order in which they are offered. */
export const roles: readonly Role[] = ['staff', 'doctor', 'admin']
