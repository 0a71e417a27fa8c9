import type { VisitQuestion } from '@holdfast/contract/client'
import { currentLanguage } from '../../lib/i18n/i18n.ts'

/** The text in the reader's language, if the clinic has given one. */
export function localLabel({ label, labels }: Pick<VisitQuestion, 'label' | 'labels'>): string {
  return labels[currentLanguage()] ?? label
}
