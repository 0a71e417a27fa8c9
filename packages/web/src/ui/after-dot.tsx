import type { ReactNode } from 'react'

/** What follows in a line, if anything does, separated by a dot. */
export function AfterDot({ children }: { children: ReactNode }) {
  return children === null || children === undefined ? null : <> · {children}</>
}
