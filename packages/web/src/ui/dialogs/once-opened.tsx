import { type ReactNode, Suspense, useState } from 'react'

/**
 * A dialog whose code is loaded when it is opened for the first time (`lazy`). From then on it stays mounted, so that
 * it closes as others do.
 */
export function OnceOpened({ isOpen, children }: { isOpen: boolean; children: ReactNode }) {
  const [wasOpened, setWasOpened] = useState(isOpen)
  if (isOpen && !wasOpened) setWasOpened(true)
  return wasOpened ? <Suspense fallback={null}>{children}</Suspense> : null
}
