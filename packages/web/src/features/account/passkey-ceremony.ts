import type { NewPasskey, PasskeySignIn } from '@holdfast/contract/client'
import { api, dataOf } from '../../lib/api/api.ts'

/** The browser created or used no passkey: its person cancelled, it took too long, or it cannot. */
export class PasskeyError extends Error {
  readonly kind: 'unsupported' | 'cancelled' | 'duplicate'

  constructor(kind: PasskeyError['kind'], cause?: unknown) {
    super(`No passkey: ${kind}`, { cause })
    this.name = 'PasskeyError'
    this.kind = kind
  }
}

/**
 * @param how dialog: the browser asks for the passkey at once; autofill: it offers passkeys in the field for the e-mail
 *   address, and waits until one is chosen
 * @throws PasskeyError, and the errors of the API
 */
export async function signInWithPasskey(how: 'dialog' | 'autofill' = 'dialog') {
  const { browserSupportsWebAuthn, startAuthentication } = await import('@simplewebauthn/browser')
  if (!browserSupportsWebAuthn()) throw new PasskeyError('unsupported')
  const options = await dataOf(api.getPasskeySignIn({ body: {} }))
  type Options = Parameters<typeof startAuthentication>[0]['optionsJSON']
  const response = await startAuthentication({
    optionsJSON: options as unknown as Options,
    useBrowserAutofill: how === 'autofill',
  }).catch(rethrow)
  return dataOf(api.signInWithPasskey({ body: { response: response as PasskeySignIn['response'] } }))
}

/** Ends waiting for a passkey from the autofill. */
export async function endPasskeyAutofill(): Promise<void> {
  const { WebAuthnAbortService } = await import('@simplewebauthn/browser')
  WebAuthnAbortService.cancelCeremony()
}

/** Passkeys belong to host names: at an address such as 127.0.0.1, the server refuses them. */
export function canHavePasskeys(hostname: string): boolean {
  return !/^(\d+\.){3}\d+$|^\[/.test(hostname)
}

/** Whether this browser offers passkeys in fields. */
export async function hasPasskeyAutofill(): Promise<boolean> {
  if (typeof PublicKeyCredential === 'undefined' || !canHavePasskeys(window.location.hostname)) return false
  return (await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false
}

/**
 * @param password null: it is not needed
 * @throws PasskeyError, and the errors of the API
 */
export async function addPasskey(name: string, password: string | null) {
  const { browserSupportsWebAuthn, startRegistration } = await import('@simplewebauthn/browser')
  if (!browserSupportsWebAuthn()) throw new PasskeyError('unsupported')
  const options = await dataOf(api.getPasskeyCreation({ body: password === null ? {} : { password } }))
  type Options = Parameters<typeof startRegistration>[0]['optionsJSON']
  const response = await startRegistration({ optionsJSON: options as unknown as Options }).catch(rethrow)
  return dataOf(api.addPasskey({ body: { name, response: response as NewPasskey['response'] } }))
}

function rethrow(error: unknown): never {
  const name = error instanceof Error ? error.name : ''
  if (name === 'InvalidStateError') throw new PasskeyError('duplicate', error)
  throw new PasskeyError(name === 'NotSupportedError' ? 'unsupported' : 'cancelled', error)
}
