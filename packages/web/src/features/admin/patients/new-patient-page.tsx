import type { Booking, PatientRecord } from '@holdfast/contract/client'
import { Stack } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { PageHead } from '../../../ui/focus/page-head.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { clinicBookingQuery } from '../shared/booking/clinic-booking-query.ts'
import { useClinic } from '../use-clinic.ts'
import { draftOfBooking, emptyDraft, newRecordOf, type PatientDraft } from './patient-draft.ts'
import { PatientForm } from './patient-form.tsx'

const route = getRouteApi('/clinic/$clinicId/patients/new')

/** Creates a record; from a booking, with its name and contacts, and links the booking to it. */
export function NewPatientPage() {
  const { t } = useTranslation('patients')
  const { clinicId } = useClinic()
  const { forBooking } = route.useSearch()
  const booking = useQuery({
    ...clinicBookingQuery(clinicId, forBooking ?? ''),
    enabled: forBooking !== undefined,
    // What is typed would be lost.
    refetchInterval: false,
  })
  return (
    <Stack gap="lg">
      <PageHead
        title={t('new.title')}
        intro={t(forBooking === undefined ? 'new.intro' : 'new.introBooking')}
        maw="44rem"
      />
      {forBooking === undefined ? (
        <NewPatient booking={null} />
      ) : booking.data === undefined ? (
        <LoadingOrError of={booking} />
      ) : (
        <NewPatient booking={booking.data} />
      )}
    </Stack>
  )
}

function NewPatient({ booking }: { booking: Booking | null }) {
  const { t } = useTranslation('patients')
  const { clinicId } = useClinic()
  const navigate = route.useNavigate()
  const queryClient = useQueryClient()
  const requestKeys = useRequestKeys()
  const [initial] = useState(booking === null ? emptyDraft : draftOfBooking(booking.patient))
  const creation = useMutation({
    async mutationFn(draft: PatientDraft): Promise<PatientRecord> {
      const body = newRecordOf(draft)
      const headers = requestKeys.headersFor(body)
      const record = await dataOf(api.createPatient({ path: { clinicId }, body, headers }))
      if (booking !== null) {
        const path = { clinicId, bookingId: booking.id }
        await dataOf(api.linkBookingToPatient({ path, body: { patientId: record.id } }))
      }
      return record
    },
    async onSuccess(record) {
      toastDone({ message: t('new.done', { name: isolated(record.name) }) })
      await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
      const params = { clinicId, patientId: record.id }
      await navigate({ to: '/clinic/$clinicId/patients/$patientId', params, search: {} })
    },
  })
  return (
    <div className={layoutClasses.panel}>
      <PatientForm
        initial={initial}
        submit={t('new.submit')}
        isBusy={creation.isPending}
        error={creation.error}
        onSubmit={(draft, onError) => creation.mutate(draft, { onError })}
      />
    </div>
  )
}
