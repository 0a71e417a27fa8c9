import type { Booking, Clinic, Doctor, VisitType } from '@holdfast/contract/client'
import { Alert, NativeSelect, Stack, Text } from '@mantine/core'
import { IconCalendarOff } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { CallClinic } from '../../domain/clinics/call-clinic.tsx'
import { colleaguesQuery } from '../../domain/free-times/colleague-times-query.ts'
import { isOfferedFor } from '../../domain/visits/offered-visits.ts'
import { isolated } from '../../lib/i18n/isolated.ts'
import { nameWithSpecialization } from '../../lib/i18n/specialization-name.ts'
import { FocusedTitle } from '../../ui/focus/focused-title.tsx'
import { Icon } from '../../ui/icon.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'

type ChooseProps = {
  booking: Booking
  doctor: Doctor
  clinic: Clinic
  /** What the booking is of; undefined: a slot. */
  visitType: VisitType | undefined
  chosen: Doctor | null
  onChoose: (colleague: Doctor | null) => void
}

/** The colleagues to whom a booking of a doctor who takes no bookings can be moved; without any, whom to call. */
export function ChooseColleague({ booking, doctor, clinic, visitType, chosen, onChoose }: ChooseProps) {
  const { t } = useTranslation(['ticket', 'shell'])
  const queryClient = useQueryClient()
  const found = useQuery(colleaguesQuery(queryClient, doctor))
  if (found.data === undefined) return <LoadingOrError of={found} />
  const colleagues = found.data.filter((one) => isOfferedFor(booking, visitType, one))
  const isAlone = colleagues.length === 0
  return (
    <>
      <Alert
        color="amber"
        variant="outline"
        radius="lg"
        role="group"
        icon={<Icon of={IconCalendarOff} />}
        title={<FocusedTitle id="move-stopped">{t('shell:noBookings', { name: isolated(doctor.name) })}</FocusedTitle>}
      >
        <Stack gap="sm" align="flex-start">
          <Text>{t(isAlone ? 'move.alone' : 'move.stopped', { clinic: isolated(clinic.name) })}</Text>
          <CallClinic clinic={clinic} />
        </Stack>
      </Alert>
      {isAlone ? null : (
        <NativeSelect
          label={t('move.colleague')}
          maw="28rem"
          value={chosen?.id ?? ''}
          onChange={({ currentTarget }) => onChoose(colleagues.find(({ id }) => id === currentTarget.value) ?? null)}
          data={[
            { value: '', label: t('move.chooseColleague') },
            ...colleagues.map((one) => ({ value: one.id, label: nameWithSpecialization(one) })),
          ]}
        />
      )}
    </>
  )
}
