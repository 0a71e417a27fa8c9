import type { MessageLanguage } from '@holdfast/vocabulary'

const arabicForms: Partial<Record<Intl.LDMLPluralRule, (count: string) => string>> = {
  one: () => 'مكان واحد',
  two: () => 'مكانان',
  few: (count) => `${count} أماكن`,
  many: (count) => `${count} مكانًا`,
}
const arabicRules = new Intl.PluralRules('ar')
const arabicNumbers = new Intl.NumberFormat('ar')

/** How many places in a slot are booked, in mails and SMS. */
export const places: Record<MessageLanguage, (count: number) => string> = {
  en: (count) => (count === 1 ? '1 place' : `${count} places`),
  de: (count) => (count === 1 ? '1 Platz' : `${count} Plätze`),
  ar: (count) => {
    const shown = arabicNumbers.format(count)
    return arabicForms[arabicRules.select(count)]?.(shown) ?? `${shown} مكان`
  },
}
