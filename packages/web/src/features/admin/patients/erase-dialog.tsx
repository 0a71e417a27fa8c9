import type { PatientWithVisits, UnlinkedOfRecord } from '@holdfast/contract/client'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../../ui/toast.ts'
import type { PersonalDataSearch } from '../admin-search.ts'
import { patientQuery, unlinkedQuery } from '../shared/patient/patient-queries.ts'
import { useClinic } from '../use-clinic.ts'
import { OtherRecords } from './other-records.tsx'

type EraseProps = { patient: PatientWithVisits; isOpen: boolean; onClose: () => void }

/**
 * Erases a record. What has its contacts and is not linked to a record stays: the dialog names it before, and once more
 * when the record is erased.
 */
export function EraseDialog({ patient, isOpen, onClose }: EraseProps) {
  const { t } = useTranslation(['patients', 'shell'])
  const { clinicId } = useClinic()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [left, setLeft] = useState<UnlinkedOfRecord | null>(null)
  /** The page behind the dialog shows a record that is gone. */
  const leave = async () => {
    await navigate({ to: '/clinic/$clinicId/patients', params: { clinicId }, search: {}, replace: true })
    queryClient.removeQueries(patientQuery(clinicId, patient.id))
    await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
  }
  const onErased = async (unlinked: UnlinkedOfRecord) => {
    if (!isNothing(unlinked)) return setLeft(unlinked)
    toastDone({ message: t('erase.done') })
    await leave()
  }
  if (left === null) {
    return (
      <Dialog isForm isOpen={isOpen} onClose={onClose} title={t('erase.title')}>
        <Question patient={patient} onErased={onErased} onClose={onClose} />
      </Dialog>
    )
  }
  const contacts = [patient.email, patient.phone].filter((contact) => contact !== null).join(', ')
  return (
    <Dialog isOpen={isOpen} onClose={() => void leave()} title={t('erase.done')}>
      <Stack gap="md">
        <Unlinked unlinked={left} search={{}} contacts={contacts} />
        <Group gap="sm">
          <Button onClick={() => void leave()}>{t('shell:close')}</Button>
        </Group>
      </Stack>
    </Dialog>
  )
}

type QuestionProps = {
  patient: PatientWithVisits
  onErased: (unlinked: UnlinkedOfRecord) => Promise<void>
  onClose: () => void
}

function Question({ patient, onErased, onClose }: QuestionProps) {
  const { t } = useTranslation(['patients', 'shell'])
  const { clinicId } = useClinic()
  const unlinked = useQuery(unlinkedQuery(clinicId, patient.id))
  const erasure = useMutation({
    mutationFn: () => dataOf(api.erasePatientRecord({ path: { clinicId, patientId: patient.id } })),
    onSuccess: (erased) => onErased(erased.unlinked),
  })
  if (unlinked.data === undefined) return <LoadingOrError of={unlinked} />
  return (
    <Stack gap="md">
      <Text>{t('erase.text')}</Text>
      {patient.merged.length === 0 ? null : <Text>{t('erase.merged')}</Text>}
      <Unlinked unlinked={unlinked.data} search={{ patientId: patient.id, withContacts: true }} />
      {erasure.isError ? <ErrorState error={erasure.error} /> : null}
      <Group gap="sm">
        <ActionButton color="red" isBusy={erasure.isPending} onClick={() => erasure.mutate()}>
          {t('erase.submit')}
        </ActionButton>
        <ActionButton variant="default" disabled={erasure.isPending} onClick={onClose}>
          {t('shell:goBack')}
        </ActionButton>
      </Group>
    </Stack>
  )
}

type UnlinkedProps = {
  unlinked: UnlinkedOfRecord
  /** By which the page of personal data shows them. */
  search: PersonalDataSearch
  /** What it searches for at first; without a record, nothing else finds them. */
  contacts?: string
}

function Unlinked({ unlinked, search, contacts }: UnlinkedProps) {
  const { t } = useTranslation('patients')
  const { clinicId } = useClinic()
  const counts = { bookings: unlinked.bookings.count, entries: unlinked.waitlistEntries.count }
  return (
    <>
      <OtherRecords others={unlinked.otherRecords} />
      {counts.bookings + counts.entries === 0 ? null : (
        <>
          <Text>{t('erase.unlinked', counts)}</Text>
          <LinkButton
            variant="default"
            size="sm"
            style={{ alignSelf: 'flex-start' }}
            to="/clinic/$clinicId/patients/data"
            params={{ clinicId }}
            search={search}
            state={contacts === undefined ? {} : { contacts }}
          >
            {t('erase.showUnlinked')}
          </LinkButton>
        </>
      )}
    </>
  )
}

function isNothing({ bookings, waitlistEntries, otherRecords }: UnlinkedOfRecord): boolean {
  return bookings.count === 0 && waitlistEntries.count === 0 && otherRecords.count === 0
}
