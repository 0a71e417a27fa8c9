import { Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { formatNumber } from '../../lib/i18n/format.ts'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { doctorWaitlistQuery, type Waited } from './doctor-waitlist-query.ts'

type JoinProps = {
  of: Waited
  /** The first day to wait for, YYYY-MM-DD. Default: today. */
  from?: string
  /** The doctor's name, where several doctors are listed. */
  name?: string
  /** It is shown beside a free time, which is what most people want. */
  isSecond?: boolean
}

/** The link to the waitlist of a doctor without free times, and how many wait. */
export function JoinWaitlist({ of, from, name, isSecond }: JoinProps) {
  const { t } = useTranslation('shell')
  const { doctorId, visitTypeId } = of
  const waiting = useQuery(doctorWaitlistQuery(of)).data?.waitingForSame ?? 0
  return (
    <Group gap="sm">
      <LinkButton
        size="sm"
        variant={isSecond ? 'default' : 'filled'}
        to="/join-waitlist"
        search={{
          doctorId,
          ...(visitTypeId === undefined ? {} : { visitType: visitTypeId }),
          ...(from === undefined ? {} : { from }),
        }}
        {...(name === undefined ? {} : { 'aria-label': t('waitlist.joinOf', { name }) })}
      >
        {t('waitlist.join')}
      </LinkButton>
      {waiting === 0 ? null : (
        <Text size="sm" c="dimmed">
          {t('waitlist.waiting', { count: waiting, waiting: formatNumber(waiting) })}
        </Text>
      )}
    </Group>
  )
}
