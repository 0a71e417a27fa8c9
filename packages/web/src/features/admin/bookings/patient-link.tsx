import type { Booking, PatientRecord } from '@holdfast/contract/client'
import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Flags } from '../../../domain/bookings/flags.tsx'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatNumericDate } from '../../../lib/i18n/format.ts'
import { bookingKey } from '../../../lib/queries/clinic-queries.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { focusPageTitle } from '../../../ui/focus/page-focus.ts'
import layoutClasses from '../../../ui/layout.module.css'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { recordOfBookingQuery } from '../shared/patient/patient-queries.ts'
import { useClinic } from '../use-clinic.ts'
import { LinkPatientDialog } from './link-patient-dialog.tsx'

/** Whose booking it is, as the staff has decided: a link to the patient's record, with what they need. */
export function PatientLink({ booking }: { booking: Booking }) {
  const { t } = useTranslation('patients')
  const { clinicId } = useClinic()
  const found = useQuery(recordOfBookingQuery(clinicId, booking.id))
  const [isOpen, setOpen] = useState(false)
  if (booking.erasedAt !== null) return null
  const record = found.data ?? null
  return (
    <section className={layoutClasses.panel} aria-labelledby="booking-patient">
      <Stack gap="md" align="flex-start">
        <Title order={2} size="h3" id="booking-patient">
          {t('link.title')}
        </Title>
        {found.isError ? (
          <ErrorState error={found.error} />
        ) : record === null ? (
          <Text c="dimmed">{found.isPending ? '' : t('link.none')}</Text>
        ) : (
          <LinkedRecord record={record} />
        )}
        <Group gap="sm">
          <Button variant="default" size="sm" onClick={() => setOpen(true)}>
            {t(record === null ? 'link.open' : 'link.change')}
          </Button>
          {record === null ? null : <RemoveLink bookingId={booking.id} />}
        </Group>
      </Stack>
      <LinkPatientDialog booking={booking} isOpen={isOpen} onClose={() => setOpen(false)} />
    </section>
  )
}

function LinkedRecord({ record: { id, name, birthDate, mrn, flags, notes } }: { record: PatientRecord }) {
  const { clinicId } = useClinic()
  const known = [birthDate === null ? null : formatNumericDate(birthDate), mrn].filter((one) => one !== null)
  return (
    <Stack gap={6}>
      <Link
        className={layoutClasses.link}
        to="/clinic/$clinicId/patients/$patientId"
        params={{ clinicId, patientId: id }}
      >
        <bdi>{name}</bdi>
      </Link>
      {known.length === 0 ? null : (
        <Text size="sm" c="dimmed">
          <bdi>{known.join(' · ')}</bdi>
        </Text>
      )}
      {flags.length === 0 ? null : <Flags flags={flags} />}
      {notes === null ? null : (
        <Text dir="auto" style={{ whiteSpace: 'pre-line', overflowWrap: 'anywhere' }}>
          {notes}
        </Text>
      )}
    </Stack>
  )
}

function RemoveLink({ bookingId }: { bookingId: string }) {
  const { t } = useTranslation('patients')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  const removal = useMutation({
    mutationFn: () => dataOf(api.unlinkBookingFromPatient({ path: { clinicId, bookingId } })),
    onSuccess: () => {
      toastDone({ message: t('link.removed') })
      // The button is gone then.
      focusPageTitle()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: bookingKey(clinicId, bookingId) }),
  })
  return (
    <>
      <ActionButton variant="default" size="sm" isBusy={removal.isPending} onClick={() => removal.mutate()}>
        {t('link.remove')}
      </ActionButton>
      {removal.isError ? <ErrorState error={removal.error} /> : null}
    </>
  )
}
