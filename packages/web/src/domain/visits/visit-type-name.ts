import type { VisitType } from '@holdfast/contract/client'
import { currentLanguage } from '../../lib/i18n/i18n.ts'

/** The name in the reader's language, if the clinic has given one. */
export function visitTypeName({ name, names }: Pick<VisitType, 'name' | 'names'>): string {
  return names[currentLanguage()] ?? name
}
