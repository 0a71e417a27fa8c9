import type { Booking } from '@holdfast/contract/client'
import { useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { BookedAnswers } from '../../../domain/answers/booked-answers.tsx'
import { api, dataOf } from '../../../lib/api/api.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { Panel } from '../../../ui/panel.tsx'
import { useClinic } from '../use-clinic.ts'

/** What the patient was asked and has answered. The desk withdraws a consent when the patient says so. */
export function BookingAnswers({ booking: { id: bookingId, answers = [], status } }: { booking: Booking }) {
  const { t } = useTranslation('answers')
  const { clinicId, timeZone } = useClinic()
  const queryClient = useQueryClient()
  if (answers.length === 0) return null
  const withdraw = async (questionId: string) => {
    await dataOf(api.withdrawConsent({ path: { bookingId, questionId } }))
    await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
  }
  const canWithdraw = status !== 'PENDING' && status !== 'FAILED'
  return (
    <Panel id="booking-answers" title={t('titleOfPatient')}>
      <BookedAnswers answers={answers} timeZone={timeZone} onWithdraw={canWithdraw ? withdraw : null} byDesk />
    </Panel>
  )
}
