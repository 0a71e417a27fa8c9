import type { AccountPerson } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { formatNumericDate } from '../../lib/i18n/format.ts'

/** What a person is to the owner of the account, and when they were born, as far as it was said. */
export function PersonFacts({ of: { relation, birthDate } }: { of: AccountPerson }) {
  const { t } = useTranslation('people')
  const facts = [
    ...(relation === null ? [] : [t(`relation.${relation}`)]),
    ...(birthDate === null ? [] : [t('born', { date: formatNumericDate(birthDate) })]),
  ]
  return facts.join(' · ')
}
