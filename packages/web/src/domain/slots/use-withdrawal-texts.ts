import type { WithdrawnSlots } from '@holdfast/contract/client'
import { useTranslation } from 'react-i18next'
import { comma } from '../../lib/i18n/format.ts'

type Counts = Pick<WithdrawnSlots, 'slots' | 'sessions'>

/** What a withdrawal would do, has done, and its button. Slots or open sessions that it has not are left out. */
export function useWithdrawalTexts() {
  const { t } = useTranslation('schedule')
  const textsOf = ({ slots, sessions = 0 }: Counts, ofSlots: () => string, ofSessions: (count: number) => string) => [
    ...(slots > 0 || sessions === 0 ? [ofSlots()] : []),
    ...(sessions > 0 ? [ofSessions(sessions)] : []),
  ]
  return {
    would: (counts: Counts) =>
      textsOf(
        counts,
        () => t('withdraw.slots', { count: counts.slots }),
        (count) => t('withdraw.sessions', { count }),
      ).join(' '),
    done: (counts: Counts) =>
      textsOf(
        counts,
        () => t('withdraw.done', { count: counts.slots }),
        (count) => t('withdraw.doneSessions', { count }),
      ).join(' '),
    /** @param bookings how many bookings it ends */
    submit: (counts: Counts, bookings = 0) =>
      [
        ...textsOf(
          counts,
          () => t('withdraw.submitSlots', { count: counts.slots }),
          (count) => t(counts.slots > 0 ? 'withdraw.openSessions' : 'withdraw.submitSessions', { count }),
        ),
        ...(bookings > 0 ? [t('withdraw.bookings', { count: bookings })] : []),
      ].join(`${comma()} `),
  }
}
