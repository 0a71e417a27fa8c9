import { signedInSchema, statusSchema } from '../schemas/account.ts'
import { object } from '../schemas/object.ts'
import {
  addedPasskeySchema,
  codeSignInSchema,
  confirmationSchema,
  newPasskeySchema,
  newTotpSchema,
  passkeyOptionsSchema,
  passkeyRemovalSchema,
  passkeyRenamingSchema,
  passkeySignInSchema,
  recoveryCodesSchema,
  secondFactorsSchema,
  totpConfirmationSchema,
} from '../schemas/second-factor.ts'
import { operation, operationTable } from './operation.ts'

const nothing = object({})
/** What a change of second factors can be refused with. */
const unconfirmed = ['password_wrong', 'second_factor_required'] as const
const done = { 200: { description: 'Done', schema: statusSchema } } as const
const signedIn = { 200: { description: 'Signed in', schema: signedInSchema } } as const

/** Served beside the accounts library, under its path. */
export const secondFactorOperations = operationTable('Second factors', {
  signInWithCode: operation('POST /api/auth/sign-in/code', {
    summary: 'Complete a sign-in with a code',
    description:
      'For accounts with an authenticator app, after the password. A code works once; so does each recovery code.',
    access: 'anyone',
    body: codeSignInSchema,
    responses: signedIn,
    problems: ['code_wrong', 'code_used', 'sign_in_expired'],
  }),
  getPasskeySignIn: operation('POST /api/auth/sign-in/passkey-options', {
    summary: 'Begin a sign-in with a passkey',
    description: 'The response is for the browser’s `navigator.credentials.get`, and valid for five minutes.',
    access: 'anyone',
    body: nothing,
    bodyOptional: true,
    responses: { 200: { description: 'WebAuthn’s request options', schema: passkeyOptionsSchema } },
    problems: ['passkeys_unavailable'],
  }),
  signInWithPasskey: operation('POST /api/auth/sign-in/passkey', {
    summary: 'Sign in with a passkey',
    description: 'Instead of a password and a code. The session that the request is sent with ends.',
    access: 'anyone',
    body: passkeySignInSchema,
    responses: signedIn,
    problems: ['passkey_refused', 'passkeys_unavailable'],
  }),
  getSecondFactors: operation('GET /api/auth/second-factors', {
    summary: 'Read my second factors',
    access: 'account',
    responses: { 200: { description: 'The authenticator app and the passkeys', schema: secondFactorsSchema } },
  }),
  beginTotp: operation('POST /api/auth/totp/begin', {
    summary: 'Set up an authenticator app',
    description: 'Nothing changes until its first code was sent with POST /api/auth/totp/confirm.',
    access: 'account',
    body: confirmationSchema,
    bodyOptional: true,
    responses: { 200: { description: 'The secret for the app', schema: newTotpSchema } },
    problems: [...unconfirmed, 'totp_exists'],
  }),
  confirmTotp: operation('POST /api/auth/totp/confirm', {
    summary: 'Turn the authenticator app on',
    description:
      'Within ten minutes after its secret was shown. From now on signing in with the password needs a code. The ' +
      'account’s other sessions end.',
    access: 'account',
    body: totpConfirmationSchema,
    responses: { 200: { description: 'The recovery codes', schema: recoveryCodesSchema } },
    problems: ['code_wrong', 'second_factor_required', 'totp_missing'],
  }),
  removeTotp: operation('POST /api/auth/totp/remove', {
    summary: 'Turn the authenticator app off',
    description: 'The recovery codes are void too.',
    access: 'account',
    body: confirmationSchema,
    bodyOptional: true,
    responses: done,
    problems: unconfirmed,
  }),
  createRecoveryCodes: operation('POST /api/auth/recovery-codes', {
    summary: 'Create new recovery codes',
    description: 'The earlier ones are void.',
    access: 'account',
    body: confirmationSchema,
    bodyOptional: true,
    responses: { 200: { description: 'The recovery codes', schema: recoveryCodesSchema } },
    problems: [...unconfirmed, 'totp_missing'],
  }),
  getPasskeyCreation: operation('POST /api/auth/passkeys/options', {
    summary: 'Begin to create a passkey',
    description: 'The response is for the browser’s `navigator.credentials.create`, and valid for five minutes.',
    access: 'account',
    body: confirmationSchema,
    bodyOptional: true,
    responses: { 200: { description: 'WebAuthn’s creation options', schema: passkeyOptionsSchema } },
    problems: [...unconfirmed, 'passkeys_unavailable', 'too_many_passkeys'],
  }),
  addPasskey: operation('POST /api/auth/passkeys', {
    summary: 'Store a passkey',
    access: 'account',
    body: newPasskeySchema,
    responses: { 200: { description: 'The passkey', schema: addedPasskeySchema } },
    problems: ['passkey_refused', 'passkeys_unavailable', 'second_factor_required', 'too_many_passkeys'],
  }),
  renamePasskey: operation('POST /api/auth/passkeys/rename', {
    summary: 'Rename a passkey',
    access: 'account',
    body: passkeyRenamingSchema,
    responses: done,
    problems: ['passkey_not_found'],
  }),
  removePasskey: operation('POST /api/auth/passkeys/remove', {
    summary: 'Remove a passkey',
    access: 'account',
    body: passkeyRemovalSchema,
    responses: done,
    problems: [...unconfirmed, 'passkey_not_found'],
  }),
})
