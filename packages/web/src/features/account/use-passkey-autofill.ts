import { useEffect, useEffectEvent, useState } from 'react'
import { refusalCode } from '../../lib/api/api-error.ts'
import { endPasskeyAutofill, hasPasskeyAutofill, signInWithPasskey } from './passkey-ceremony.ts'

type SignedIn = Awaited<ReturnType<typeof signInWithPasskey>>

/** Below the time for which the server accepts a challenge. */
const renewMs = 4 * 60_000

/**
 * Lets the browser offer passkeys in the field for the e-mail address while `isWaiting`. Without passkeys, or in a
 * browser that cannot do it, nothing happens.
 *
 * @returns why a passkey that was chosen there was not accepted
 */
export function usePasskeyAutofill(isWaiting: boolean, onSignedIn: (signedIn: SignedIn) => void): { error: unknown } {
  const [error, setError] = useState<unknown>(null)
  const take = useEffectEvent(onSignedIn)
  useEffect(() => {
    if (!isWaiting) return
    let isEnded = false
    let isOffered = false
    const offer = async () => {
      if (!(await hasPasskeyAutofill()) || isEnded) return
      isOffered = true
      try {
        const signedIn = await signInWithPasskey('autofill')
        if (!isEnded) take(signedIn)
      } catch (refusal) {
        // Everything else is no failure: nothing was chosen yet, another ceremony began, or the server is away.
        if (!isEnded && refusalCode(refusal) === 'passkey_refused') setError(refusal)
      }
    }
    void offer()
    const renewal = setInterval(() => void offer(), renewMs)
    return () => {
      isEnded = true
      clearInterval(renewal)
      if (isOffered) void endPasskeyAutofill()
    }
  }, [isWaiting])
  return { error }
}
