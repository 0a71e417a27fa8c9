import { Alert, Group, Text } from '@mantine/core'
import { IconClock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { doctorQuery } from '../../lib/directory-queries.ts'
import { Icon } from '../../ui/icon.tsx'
import { LinkButton } from '../../ui/link-button.tsx'
import { readAttempt } from './attempt.ts'

/** Links back to a slot of another doctor that is held in this tab. */
export function OtherHold({ doctorId }: { doctorId: string }) {
  const { t } = useTranslation('booking')
  const [attempt] = useState(() => readAttempt())
  const otherId = attempt !== null && attempt.doctorId !== doctorId ? attempt.doctorId : null
  const name = useQuery({ ...doctorQuery(otherId ?? ''), enabled: otherId !== null }).data?.name
  if (otherId === null || name === undefined) return null
  return (
    <Alert icon={<Icon of={IconClock} />} color="amber" variant="outline">
      <Group justify="space-between" gap="sm">
        <Text>{t('otherHold.text', { name })}</Text>
        <LinkButton size="sm" variant="default" to="/doctors/$doctorId" params={{ doctorId: otherId }}>
          {t('otherHold.continue')}
        </LinkButton>
      </Group>
    </Alert>
  )
}
