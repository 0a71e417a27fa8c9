import { Button, Group, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { isShownAtQuestion } from '../../../domain/answers/use-asked.ts'
import { reasonKey } from '../../../domain/series/refusal-text.ts'
import { RefusedError, refusedContact } from '../../../lib/api/api-error.ts'
import { formatDate } from '../../../lib/i18n/format.ts'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import type { useBookSeries } from './use-book.ts'

/** Why a series was not booked. What the patient has at the same time can be booked all the same. */
export function SeriesRefused({ booking }: { booking: ReturnType<typeof useBookSeries> }) {
  const { t } = useTranslation('series')
  const { error, variables, mutate, isPending } = booking
  if (error === null || refusedContact(error) !== null || isShownAtQuestion(error)) return null
  const dates = error instanceof RefusedError ? (error.problem.dates ?? []) : []
  const refused = dates.filter(({ outcome }) => outcome === 'refused')
  const isOverlap = refused.length > 0 && refused.every(({ code }) => code === 'patient_booked')
  return (
    <Stack mt="md" gap="sm">
      <ErrorState error={error} />
      {refused.map(({ number, date, code }) => (
        <Text key={number}>
          {formatDate(date)}: {t(reasonKey(code))}
        </Text>
      ))}
      {isOverlap && variables !== undefined ? (
        <Group>
          <Button variant="default" loading={isPending} onClick={() => mutate({ ...variables, mayOverlap: true })}>
            {t('bookAnyway')}
          </Button>
        </Group>
      ) : null}
    </Stack>
  )
}
