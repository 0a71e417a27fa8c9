import type { BookedSince, Booking } from '@holdfast/contract/client'
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { IconPhone } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { FocusedTitle } from '../../ui/focus/focused-title.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { Affected } from './affected.ts'
import { AffectedList } from './affected-list.tsx'
import { PrintButton } from './print-button.tsx'

type WithdrawnProps = {
  title: string
  affected: readonly Affected[]
  timeZone: string
  /** Patients with an address get an e-mail about it. */
  isMailed: boolean
  /** Renders a link for booking another time for a patient. */
  rebookOf?: ((booking: Booking) => ReactNode) | undefined
  /** See {@link AffectedList}. */
  sinceOf?: ((since: BookedSince) => ReactNode) | undefined
  /** See {@link AffectedList}. */
  allLost?: ReactNode
  onClose: () => void
}

/** The appointments that a withdrawal ended, and whom to call, until the reader closes the list. */
export function Withdrawn(props: WithdrawnProps) {
  const { title, affected, timeZone, isMailed, rebookOf, sinceOf, allLost, onClose } = props
  const { t } = useTranslation('schedule')
  // Unfinished holds name nobody.
  const lost = affected.filter(({ booking }) => booking?.patient.name !== '')
  return (
    <Stack gap="md">
      <FocusedTitle id="withdrawn" order={3}>
        {title}
      </FocusedTitle>
      <Alert
        color="red"
        variant="outline"
        icon={<Icon of={IconPhone} />}
        title={t('withdraw.lost', { count: lost.length })}
      >
        <AffectedList
          affected={affected}
          timeZone={timeZone}
          moveOf={rebookOf}
          sinceOf={sinceOf}
          isWithdrawn
          allLost={allLost}
        />
        <Text size="sm" mt="xs">
          {t(isMailed ? 'withdraw.callOthers' : 'withdraw.call')}
        </Text>
      </Alert>
      <Group gap="sm">
        <PrintButton />
        <Button variant="default" onClick={onClose}>
          {t('withdraw.close')}
        </Button>
      </Group>
    </Stack>
  )
}
