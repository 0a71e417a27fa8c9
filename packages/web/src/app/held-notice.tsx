import { Text } from '@mantine/core'
import { IconClock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { Attempt } from '../domain/hold/attempt.ts'
import { useSecondsLeft } from '../domain/hold/use-seconds-left.ts'
import { formatCountdown, formatDayTime } from '../lib/i18n/format.ts'
import { clinicQuery, doctorQuery } from '../lib/queries/directory-queries.ts'
import { LinkButton } from '../ui/buttons/link-button.tsx'
import { Icon } from '../ui/icon.tsx'
import classes from './shell.module.css'

type NoticeProps = { attempt: Attempt & { holdExpiresAt: string } }

/** The hold of this browser on the other pages and in other tabs, with the way back to it, until it ends. */
export function HeldNotice({ attempt: { doctorId, slot, holdExpiresAt } }: NoticeProps) {
  const { t } = useTranslation('shell')
  const seconds = useSecondsLeft(holdExpiresAt)
  const doctor = useQuery(doctorQuery(doctorId)).data
  const clinic = useQuery({ ...clinicQuery(doctor?.clinicId ?? ''), enabled: doctor !== undefined }).data
  if (seconds === 0 || doctor === undefined || clinic === undefined) return null
  const when = formatDayTime(slot.startsAt, clinic.timezone)
  return (
    <section className={`${classes.held} no-print`} aria-label={t('held.label')}>
      <div className={classes.heldBar}>
        <Icon of={IconClock} />
        <Text className={classes.heldText}>
          {t('held.text', { when, name: `\u2068${doctor.name}\u2069` })}{' '}
          <bdi className="tabular" role="timer" aria-label={t('held.timeLeft')}>
            {t('held.left', { time: formatCountdown(seconds) })}
          </bdi>
        </Text>
        <LinkButton size="sm" to="/doctors/$doctorId" params={{ doctorId }} state={{ hold: true }}>
          {t('held.continue')}
        </LinkButton>
      </div>
    </section>
  )
}
