import type { Booking } from '@holdfast/contract/client'
import { Title } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { BookedAnswers } from '../../domain/answers/booked-answers.tsx'
import { CorrectAnswers } from '../../domain/answers/correct-answers.tsx'
import { isRequest } from '../../domain/bookings/offered-actions.ts'
import type { TicketLink } from '../../domain/bookings/ticket-link.ts'
import { useBookingChanges } from '../../domain/bookings/use-booking-changes.ts'
import layoutClasses from '../../ui/layout.module.css'
import classes from './ticket.module.css'

type TicketAnswersProps = { booking: Booking; timeZone: string; link: TicketLink }

/** What the patient has answered, which they may correct, and the consents, which they may withdraw. */
export function TicketAnswers({ booking, timeZone, link }: TicketAnswersProps) {
  const { t } = useTranslation('answers')
  const { withdrawConsent, correctAnswers } = useBookingChanges(link)
  const { answers = [], status, failureReason } = booking
  const isHold = status === 'PENDING' && !isRequest(booking)
  return (
    <section aria-labelledby="ticket-answers" className={`${layoutClasses.panel} ${classes.answers} no-print`}>
      <Title order={2} size="h3" mb="sm" id="ticket-answers">
        {t('titleOfPatient')}
      </Title>
      <BookedAnswers
        answers={answers}
        timeZone={timeZone}
        onWithdraw={isHold || failureReason === 'hold_expired' ? null : withdrawConsent}
      />
      <CorrectAnswers booking={booking} timeZone={timeZone} onCorrect={correctAnswers} />
    </section>
  )
}
