import { lazy, Suspense } from 'react'
import { loadTexts } from '../../lib/i18n/i18n.ts'
import { useSession } from '../../lib/session/session.ts'
import type { WhoChoiceProps } from './who-choice.tsx'

const WhoChoice = lazy(async () => {
  const [{ WhoChoice: shown }] = await Promise.all([import('./who-choice.tsx'), loadTexts('people')])
  return { default: shown }
})

/** Whom the appointment is for, loaded with its texts if somebody is signed in. A guest types the name. */
export function WhoFor(props: Omit<WhoChoiceProps, 'me'>) {
  const session = useSession()
  if (session.kind !== 'account') return null
  return (
    <Suspense fallback={null}>
      <WhoChoice {...props} me={session.me} />
    </Suspense>
  )
}
