import { secondFactorOperations } from '@holdfast/contract'

const signInAgain = 'Sign in again.'
const repeat = 'Repeat the request.'

const texts = new Map<string, string>([
  ['/api/auth/sign-up/email', 'Sign in; if that is refused, sign up again.'],
  ['/api/auth/sign-in/email', signInAgain],
  [secondFactorOperations.signInWithCode.url, signInAgain],
  [secondFactorOperations.signInWithPasskey.url, signInAgain],
  [
    '/api/auth/change-password',
    'Sign in with the new password; if it is refused, the earlier one is still the password.',
  ],
  ['/api/auth/reset-password', 'Sign in with the new password; if it is refused, ask for another link.'],
  ['/api/auth/verify-email', 'Look at the address of the account; if it is as before, ask for another link.'],
  ['/api/auth/undo-email-change', 'Repeat the request; if the link is refused, the change may be undone already.'],
  [
    secondFactorOperations.confirmTotp.url,
    'Look at the second factors of the account; if the app is set up, create new recovery codes.',
  ],
  [
    secondFactorOperations.createRecoveryCodes.url,
    'Create recovery codes again: they replace those that may have been created.',
  ],
  [secondFactorOperations.addPasskey.url, 'Look at the passkeys of the account before adding another.'],
])

/** What the caller of an account route can do if its response was lost. These routes know no Idempotency-Key. */
export function ifLostAt(url: string): string {
  return texts.get(url) ?? repeat
}
