import type { AnswersCorrection, Booking } from '@holdfast/contract/client'
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { BookedAnswers } from '../../../domain/answers/booked-answers.tsx'
import { CorrectAnswers } from '../../../domain/answers/correct-answers.tsx'
import { isRequest } from '../../../domain/bookings/offered-actions.ts'
import { api, dataOf } from '../../../lib/api/api.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { Panel } from '../../../ui/panel.tsx'
import { useClinic } from '../use-clinic.ts'

/** What the patient was asked and has answered. The desk corrects it, and withdraws consents for the patient. */
export function BookingAnswers({ booking }: { booking: Booking }) {
  const { id: bookingId, answers = [], status } = booking
  const { t } = useTranslation('answers')
  const { clinicId, timeZone } = useClinic()
  const queryClient = useQueryClient()
  if (answers.length === 0) return null
  const reread = () => queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
  const withdraw = async (questionId: string) => {
    await dataOf(api.withdrawConsent({ path: { bookingId, questionId } }))
    await reread()
  }
  const correct = async (body: AnswersCorrection) => {
    try {
      await dataOf(api.correctAnswers({ path: { bookingId }, body }))
    } finally {
      await reread()
    }
  }
  const canWithdraw = (status !== 'PENDING' || isRequest(booking)) && status !== 'FAILED'
  return (
    <Panel id="booking-answers" title={t('titleOfPatient')}>
      <BookedAnswers answers={answers} timeZone={timeZone} onWithdraw={canWithdraw ? withdraw : null} byDesk />
      <CorrectAnswers booking={booking} timeZone={timeZone} onCorrect={correct} byDesk />
    </Panel>
  )
}
