import type { Doctor, WaitlistEntry } from '@holdfast/contract/client'
import { waitlistUrgencies } from '@holdfast/vocabulary'
import { Alert, Group, NativeSelect, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { offeredVisit } from '../../../domain/visits/offered-visits.ts'
import { visitTypeName } from '../../../domain/visits/visit-type-name.ts'
import { visitTypesQuery } from '../../../domain/visits/visit-type-queries.ts'
import { entryOfDraft, newEntryDraft } from '../../../domain/waitlist/entry-draft.ts'
import { EntryFields } from '../../../domain/waitlist/entry-fields.tsx'
import { useEntryForm, useJoin } from '../../../domain/waitlist/use-entry-form.ts'
import { refusalCode, refusedContact } from '../../../lib/api/api-error.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { languages } from '../../../lib/i18n/languages.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { submitValid } from '../../../lib/submit-valid.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import type { WaitlistSearch } from '../admin-search.ts'
import { LanguageField } from '../shared/patient/contact-fields.tsx'
import type { Contact } from '../shared/patient/patient-correction.ts'
import { useClinic } from '../use-clinic.ts'
import { useSpecializationOptions } from './use-specialization-options.ts'

/** Staff add a patient, with an urgency. */
export function AddEntryPage() {
  const { t } = useTranslation(['waitlist', 'admin'])
  const { clinicId, doctors } = useClinic()
  const isPossible = doctors.some(({ active }) => active)
  return (
    <Stack gap="lg">
      <PageTitle>{t('clinic.addTitle')}</PageTitle>
      {isPossible ? (
        <AddEntry />
      ) : (
        <EmptyState help={t('clinic.noDoctors')}>
          <LinkButton to="/clinic/$clinicId/doctors" params={{ clinicId }}>
            {t('admin:tabs.doctors')}
          </LinkButton>
        </EmptyState>
      )}
    </Stack>
  )
}

function AddEntry() {
  const { t } = useTranslation(['waitlist', 'admin'])
  const { clinicId, clinic, doctors, today } = useClinic()
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const specializations = useSpecializationOptions()
  const active = doctors.filter((doctor) => doctor.active)
  const [isForDoctor, setForDoctor] = useState(true)
  const [doctorId, setDoctorId] = useState(active[0]?.id ?? '')
  const [specialization, setSpecialization] = useState(active[0]?.specialization ?? '')
  const visits = useVisitTypes(
    active.filter((one) => (isForDoctor ? one.id === doctorId : one.specialization === specialization)),
  )
  const [urgency, setUrgency] = useState<WaitlistEntry['urgency']>('routine')
  const [language, setLanguage] = useState<Contact['language']>('')
  const form = useEntryForm({ initial: newEntryDraft({ today }), today, needsEmail: false })
  const join = useJoin(form)
  const submit = submitValid(form, (draft) => {
    const wanted = entryOfDraft(draft)
    return join.mutate(
      {
        clinicId,
        urgency,
        onBehalf: true,
        ...(isForDoctor ? { doctorId } : { specialization }),
        ...(visits.chosen === undefined ? {} : { visitTypeId: visits.chosen.id }),
        ...wanted,
        patient: { ...wanted.patient, ...(language === '' ? {} : { language }) },
      },
      {
        onSuccess: ({ hasFreeTimes }) => {
          const message = hasFreeTimes ? 'clinic.addedFree' : 'clinic.added'
          toastDone({ message: t(message, { name: isolated(draft.name.trim()) }) })
          void queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
          void navigate({ to: '/clinic/$clinicId/waitlist', params: { clinicId }, search: {} })
        },
      },
    )
  })
  return (
    <form onSubmit={submit} noValidate className={layoutClasses.panel}>
      <Stack gap="md">
        <div className={layoutClasses.fields}>
          <NativeSelect
            label={t('clinic.for')}
            value={isForDoctor ? 'doctor' : 'specialization'}
            onChange={({ currentTarget }) => setForDoctor(currentTarget.value === 'doctor')}
            data={[
              { value: 'doctor', label: t('clinic.forDoctor') },
              { value: 'specialization', label: t('clinic.forSpecialization') },
            ]}
          />
          {isForDoctor ? (
            <NativeSelect
              label={t('admin:filter.doctor')}
              value={doctorId}
              onChange={({ currentTarget }) => setDoctorId(currentTarget.value)}
              data={active.map(({ id, name }) => ({ value: id, label: name }))}
            />
          ) : (
            <NativeSelect
              label={t('clinic.specialization')}
              value={specialization}
              onChange={({ currentTarget }) => setSpecialization(currentTarget.value)}
              data={specializations}
            />
          )}
          <VisitTypeField visits={visits} />
          <NativeSelect
            label={t('clinic.urgency')}
            value={urgency}
            onChange={({ currentTarget }) =>
              setUrgency(waitlistUrgencies.find((one) => one === currentTarget.value) ?? 'routine')
            }
            data={waitlistUrgencies.map((one) => ({ value: one, label: t(`urgency.${one}`) }))}
          />
        </div>
        <EntryFields form={form} isPatient={false} sendsEmails={clinic.sendsEmails} />
        <LanguageField
          value={language}
          onChange={({ currentTarget }) => setLanguage(languages.find((one) => one === currentTarget.value) ?? '')}
        />
        {join.isError ? (
          <AddError
            error={join.error}
            name={join.variables?.patient.name ?? ''}
            search={isForDoctor ? { doctorId } : { specialization }}
          />
        ) : null}
        <Group>
          <ActionButton type="submit" isBusy={join.isPending}>
            {t('clinic.addTitle')}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  )
}

/** The visit types that one of these doctors offers, also for the desk alone, and the one that is waited for. */
function useVisitTypes(doctors: readonly Doctor[]) {
  const { clinicId } = useClinic()
  const all = useQuery(visitTypesQuery(clinicId)).data ?? []
  const [chosenId, choose] = useState('')
  const offered = all.filter((one) => doctors.some((doctor) => offeredVisit(one, doctor) !== undefined))
  return { offered, chosen: offered.find(({ id }) => id === chosenId), choose }
}

/** Chooses the visit type; nothing, where none is offered. */
function VisitTypeField({ visits: { offered, chosen, choose } }: { visits: ReturnType<typeof useVisitTypes> }) {
  const { t } = useTranslation(['waitlist', 'admin'])
  if (offered.length === 0) return null
  return (
    <NativeSelect
      label={t('admin:visitTypes.one')}
      value={chosen?.id ?? ''}
      onChange={({ currentTarget }) => choose(currentTarget.value)}
      data={[
        { value: '', label: t('clinic.noVisitType') },
        ...offered.map((one) => ({ value: one.id, label: visitTypeName(one) })),
      ]}
    />
  )
}

type AddErrorProps = { error: Error; name: string; search: WaitlistSearch }

/** Links to the entry of a patient who is on the list already. A refused field shows its error itself. */
function AddError({ error, name, search }: AddErrorProps) {
  const { t } = useTranslation('waitlist')
  const { clinicId } = useClinic()
  if (refusedContact(error) !== null) return null
  if (refusalCode(error) !== 'already_waiting') return <ErrorState error={error} />
  return (
    <Alert
      role="alert"
      color="red"
      variant="outline"
      radius="lg"
      title={t('clinic.alreadyWaiting.title', { name: `\u2068${name}\u2069` })}
    >
      <Stack align="flex-start" gap="sm">
        <Text>{t('clinic.alreadyWaiting.help')}</Text>
        <LinkButton
          size="sm"
          variant="default"
          to="/clinic/$clinicId/waitlist"
          params={{ clinicId }}
          search={{ ...search, entryStatus: 'any' }}
        >
          {t('clinic.alreadyWaiting.see')}
        </LinkButton>
      </Stack>
    </Alert>
  )
}
