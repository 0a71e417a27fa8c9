import { retentionDueMax } from '@holdfast/vocabulary'
import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatNumber } from '../../../lib/i18n/format.ts'

const texts = {
  bookings: { some: 'retention.due', many: 'retention.dueMany' },
  messages: { some: 'retention.messagesDue', many: 'retention.messagesDueMany' },
} as const

/** How much is old enough to be erased or deleted. Counting stops at a limit. */
export function Due({ of, due }: { of: keyof typeof texts; due: number }) {
  const { t } = useTranslation('admin')
  const { some, many } = texts[of]
  return (
    <Text fw={600}>{due >= retentionDueMax ? t(many, { number: formatNumber(due) }) : t(some, { count: due })}</Text>
  )
}
