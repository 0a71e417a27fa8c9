import { Text } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { formatTime, ownTimeZone } from '../lib/i18n/format.ts'
import type { LiveState } from '../lib/live/live-feed.ts'

type ShownQuery = Pick<UseQueryResult, 'dataUpdatedAt' | 'isRefetchError'>

/**
 * Shows that the data is updated live, or when it was last read.
 *
 * @param of what is shown; it is not live while reading it again fails
 */
export function LiveNote({ state, of }: { state: LiveState; of: ShownQuery }) {
  const { t } = useTranslation('shell')
  const { dataUpdatedAt: at, isRefetchError } = of
  const isLive = state === 'live' && !isRefetchError
  const text = isLive || at === 0 ? t('live') : t('lastUpdated', { time: formatTime(at, ownTimeZone()) })
  return (
    <Text component="span" size="sm" c="dimmed" style={{ display: 'inline-flex', alignItems: 'center', gap: 8 }}>
      <span
        aria-hidden="true"
        style={{
          width: 8,
          height: 8,
          borderRadius: 4,
          background: isLive ? 'var(--mantine-primary-color-filled)' : 'var(--mantine-color-amber-5)',
        }}
      />
      {text}
    </Text>
  )
}
