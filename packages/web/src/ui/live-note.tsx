import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { formatTime, ownTimeZone } from '../lib/i18n/format.ts'
import type { LiveState } from '../lib/live/live-feed.ts'

/**
 * Shows that the data is updated live, or when it was last read.
 *
 * @param updatedAt milliseconds since 1970; 0: not yet
 */
export function LiveNote({ state, updatedAt }: { state: LiveState; updatedAt: number }) {
  const { t } = useTranslation('shell')
  const isLive = state === 'live'
  const text = isLive || updatedAt === 0 ? t('live') : t('lastUpdated', { time: formatTime(updatedAt, ownTimeZone()) })
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
