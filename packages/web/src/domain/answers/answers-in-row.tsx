import type { Answer, Booking } from '@holdfast/contract/client'
import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { answerText } from './answer-text.ts'
import { localLabel } from './local-label.ts'

/**
 * What those who see the patient have to know of the answers, in a line each, without what was left empty; of consents,
 * which were withdrawn.
 */
export function AnswersInRow({ booking, timeZone }: { booking: Booking; timeZone: string }) {
  const { t } = useTranslation('answers')
  const shown = (booking.answers ?? []).filter(({ kind, required, value, withdrawnAt }) =>
    kind === 'consent' ? withdrawnAt !== undefined : required || value !== undefined,
  )
  return shown.map((answer) => (
    <Text key={answer.questionId} size="sm" c="dimmed" component="span" lineClamp={2}>
      <bdi>{titleOf(answer, t('consentWithdrawn'))}</bdi>
      {': '}
      <bdi>{answer.withdrawnAt === undefined ? answerText(answer, t, timeZone) : localLabel(answer)}</bdi>
    </Text>
  ))
}

const titleOf = (answer: Answer, withdrawn: string) =>
  answer.withdrawnAt === undefined ? localLabel(answer) : withdrawn
