import { lengths, linkTokenPattern } from '@holdfast/vocabulary'
import Type from 'typebox'
import { id, line, nullable } from './fields.ts'
import { component } from './object.ts'

const password = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 128,
    description: 'The current password. Not needed within ten minutes after a second factor was shown in the session.',
  }),
)
const rememberMe = Type.Optional(Type.Boolean({ description: 'false: the cookie ends when the browser is closed' }))
const appCode = Type.String({ pattern: '^[0-9]{6}$', 'x-expected': 'six digits', description: 'From the app' })

const passkeySchema = component('Passkey', {
  id: id(),
  name: Type.String(),
  createdAt: Type.String({ format: 'date-time' }),
  usedAt: nullable<string>({ type: 'string', format: 'date-time' }, { description: 'null: not used yet' }),
})

export const secondFactorsSchema = component('SecondFactors', {
  hasTotp: Type.Boolean({ description: 'true: signing in with the password asks for a code of the app' }),
  recoveryCodes: Type.Integer({ description: 'How many are left' }),
  passkeys: Type.Array(passkeySchema),
  passkeyOrigin: nullable<string>(
    { type: 'string' },
    { description: 'The only address at which passkeys work; null: the server is at none where browsers allow them' },
  ),
  isShown: Type.Boolean({ description: 'true: this session was started with a second factor' }),
  needsPassword: Type.Boolean({ description: 'true: changes need the current password' }),
})

export const confirmationSchema = component('PasswordConfirmation', { password })

export const newTotpSchema = component('NewTotp', {
  secret: Type.String({ description: 'In base 32, to be typed into the app' }),
  uri: Type.String({ description: '`otpauth:`, for a QR code' }),
})

export const totpConfirmationSchema = component('TotpConfirmation', { code: appCode })

export const recoveryCodesSchema = component('RecoveryCodes', {
  recoveryCodes: Type.Array(Type.String(), { description: 'Each works once. They are not shown again.' }),
})

export const codeSignInSchema = component('CodeSignIn', {
  challenge: Type.String({
    pattern: linkTokenPattern.source,
    'x-expected': 'the challenge of the sign-in',
    description: 'From the response to the password',
  }),
  code: Type.String({ minLength: 6, maxLength: 40, description: 'From the app, or a recovery code' }),
  rememberMe,
})

/** WebAuthn's own forms, which browsers create and read: `PublicKeyCredential.toJSON()` and its counterparts. */
const webAuthn = (title: string) => Type.Object({}, { title, additionalProperties: true })

export const passkeyOptionsSchema = webAuthn('PasskeyOptions')

const credential = {
  id: Type.String({ pattern: '^[\\w-]{1,1400}$' }),
  rawId: Type.String({ pattern: '^[\\w-]{1,1400}$' }),
  type: Type.Literal('public-key'),
  clientExtensionResults: webAuthn('ClientExtensionResults'),
  authenticatorAttachment: Type.Optional(Type.String({ maxLength: 40 })),
}
const base64url = Type.String({ pattern: '^[\\w-]*$', maxLength: 12_000 })

export const newPasskeySchema = component('NewPasskey', {
  name: line(lengths.passkeyName),
  response: Type.Object(
    {
      ...credential,
      response: Type.Object(
        {
          clientDataJSON: base64url,
          attestationObject: base64url,
          transports: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 10 })),
        },
        { additionalProperties: true },
      ),
    },
    { additionalProperties: true },
  ),
})

export const passkeySignInSchema = component('PasskeySignIn', {
  response: Type.Object(
    {
      ...credential,
      response: Type.Object(
        { clientDataJSON: base64url, authenticatorData: base64url, signature: base64url },
        { additionalProperties: true },
      ),
    },
    { additionalProperties: true },
  ),
  rememberMe,
})

export const addedPasskeySchema = passkeySchema

export const passkeyRenamingSchema = component('PasskeyRenaming', { id: id(), name: line(lengths.passkeyName) })

export const passkeyRemovalSchema = component('PasskeyRemoval', { id: id(), password })
