import type { BetterAuthPlugin } from 'better-auth'

/**
 * The tables of second factors, beside those of the accounts library. It creates and migrates them; its endpoints for
 * second factors are not used, because they accept a code twice, store recovery codes in a form that can be read, and
 * lock the account's owner out with its attacker.
 */
export const secondFactorTables = {
  id: 'holdfast-second-factors',
  schema: {
    session: {
      fields: {
        // When a second factor was last shown in this session; null: never. See principals.ts.
        secondFactorAt: { type: 'date', required: false, input: false, returned: false },
      },
    },
    totp: {
      fields: {
        userId: { type: 'string', required: true, unique: true, references: { model: 'user', field: 'id' } },
        // Encrypted with the server's secret.
        secret: { type: 'string', required: true },
        // When it was shown. After ten minutes it cannot be confirmed any more.
        begunAt: { type: 'date', required: false },
        // null: no code of it was entered yet, so signing in requires none.
        confirmedAt: { type: 'date', required: false },
        // The time step of the last accepted code: neither that code nor an older one is accepted again.
        lastStep: { type: 'number', required: true },
      },
    },
    recoveryCode: {
      fields: {
        userId: { type: 'string', required: true, index: true, references: { model: 'user', field: 'id' } },
        hash: { type: 'string', required: true, unique: true },
      },
    },
    passkey: {
      fields: {
        userId: { type: 'string', required: true, index: true, references: { model: 'user', field: 'id' } },
        name: { type: 'string', required: true },
        credentialId: { type: 'string', required: true, unique: true },
        publicKey: { type: 'string', required: true },
        counter: { type: 'number', bigint: true, required: true },
        // A JSON list, for the browser's dialog.
        transports: { type: 'string', required: true },
        createdAt: { type: 'date', required: true },
        usedAt: { type: 'date', required: false },
      },
    },
  },
} satisfies BetterAuthPlugin
