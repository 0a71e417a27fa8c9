import type { ParseKeys } from 'i18next'
import type { Session } from './session/session.ts'

/** An entry of the header's navigation, which a feature exports from its routes.tsx. */
export type NavItem = {
  to: string
  label: ParseKeys<'shell'>
  isFor(session: Session): boolean
}
