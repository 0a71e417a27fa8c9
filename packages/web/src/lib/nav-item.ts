import type { Session } from './session.ts'

/** One entry of the header's navigation, as a feature gives it in its routes.tsx. */
export type NavItem = {
  to: string
  /** Key of its text in the catalogue `shell`. */
  label: string
  isFor(session: Session): boolean
}
