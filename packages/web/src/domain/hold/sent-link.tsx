import type { ConfirmationLink } from '@holdfast/contract/client'
import { Alert, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatCountdown } from '../../lib/i18n/format.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { useSecondsLeft } from './use-seconds-left.ts'

type SentProps = {
  email: string
  failure: ConfirmationLink['failure']
  /** No other e-mail can be sent, to another address neither. */
  isLast: boolean
  /** Whether the page has a button to enter another address. */
  canCorrect: boolean
}

const adviceOf = {
  address_refused: 'address',
  address_limit: 'address',
  network_limit: 'address',
  not_sent: 'again',
  unknown: 'again',
} as const satisfies Record<NonNullable<SentProps['failure']>, string>

/** Where the link was sent, or why it did not arrive, and what the patient can do. */
export function SentTo({ email, failure, isLast, canCorrect }: SentProps) {
  const { t } = useTranslation('booking-more')
  const advice = (of: NonNullable<typeof failure>) => (canCorrect ? adviceOf[of] : 'offer')
  const address = `\u2068${email}\u2069`
  return (
    <div aria-live="polite">
      {failure === null ? (
        <>
          <Text>{t('link.help', { email: address })}</Text>
          <Text c="dimmed">{t('link.notArrived')}</Text>
          {isLast ? <Text c="dimmed">{t('link.noMore')}</Text> : null}
        </>
      ) : (
        <Alert color="red">
          {t(`link.failed.${failure}`, { email: address })} {t(`link.advice.${isLast ? 'call' : advice(failure)}`)}
        </Alert>
      )}
    </div>
  )
}

type SendProps = { nextAt: string; isBusy: boolean; onSend: () => void }

/** The server sends it again after a minute, and a few times only. */
export function SendAgain({ nextAt, isBusy, onSend }: SendProps) {
  const { t } = useTranslation('booking-more')
  const seconds = useSecondsLeft(nextAt)
  return (
    <ActionButton onClick={onSend} isBusy={isBusy} disabled={seconds > 0}>
      {seconds > 0 ? t('link.againIn', { time: formatCountdown(seconds) }) : t('link.again')}
    </ActionButton>
  )
}
