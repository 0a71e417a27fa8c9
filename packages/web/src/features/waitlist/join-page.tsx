import type { Clinic, Doctor, VisitType } from '@holdfast/contract/client'
import { addDays, listedDaysMax, localDay } from '@holdfast/vocabulary'
import { Alert, Group, Radio, Stack, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { CallClinic } from '../../domain/clinics/call-clinic.tsx'
import { colleaguesQuery } from '../../domain/free-times/colleague-times-query.ts'
import { useKeepPerson } from '../../domain/people/use-keep-person.ts'
import { WhoFor } from '../../domain/people/who-for.tsx'
import { canWaitFor, offeredVisit } from '../../domain/visits/offered-visits.ts'
import { visitTypeName } from '../../domain/visits/visit-type-name.ts'
import { visitTypeQuery } from '../../domain/visits/visit-type-queries.ts'
import { doctorWaitlistQuery } from '../../domain/waitlist/doctor-waitlist-query.ts'
import { entryOfDraft, newEntryDraft } from '../../domain/waitlist/entry-draft.ts'
import { EntryFields } from '../../domain/waitlist/entry-fields.tsx'
import { useEntryForm, useJoin } from '../../domain/waitlist/use-entry-form.ts'
import { refusalCode, refusedContact } from '../../lib/api/api-error.ts'
import { formatMinutes, formatNumber } from '../../lib/i18n/format.ts'
import { currentLanguage } from '../../lib/i18n/i18n.ts'
import { isolated } from '../../lib/i18n/isolated.ts'
import { nameWithSpecialization } from '../../lib/i18n/specialization-name.ts'
import { clinicQuery, doctorQuery } from '../../lib/queries/directory-queries.ts'
import { slotsQuery } from '../../lib/queries/slots-query.ts'
import { useSession } from '../../lib/session/session.ts'
import { submitValid } from '../../lib/submit-valid.ts'
import { serverNow } from '../../lib/time/server-clock.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { LinkButton } from '../../ui/buttons/link-button.tsx'
import { TextLink } from '../../ui/buttons/text-link.tsx'
import { PageTitle } from '../../ui/focus/page-title.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { EmptyState } from '../../ui/states/empty-state.tsx'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'

const route = getRouteApi('/join-waitlist')

/** The form by which a patient joins a waitlist. */
export function JoinPage() {
  const { t } = useTranslation('waitlist')
  const { doctorId, visitType: visitTypeId, from } = route.useSearch()
  const session = useSession()
  const doctor = useQuery({ ...doctorQuery(doctorId ?? ''), enabled: doctorId !== undefined })
  const clinicId = doctor.data?.clinicId
  const clinic = useQuery({ ...clinicQuery(clinicId ?? ''), enabled: clinicId !== undefined })
  const ofType = visitTypeQuery({ clinicId: clinicId ?? '', ...(visitTypeId && { visitTypeId }) })
  const isForVisit = visitTypeId !== undefined
  const visitType = useQuery({ ...ofType, enabled: isForVisit && clinicId !== undefined })
  if (doctorId === undefined) {
    return (
      <>
        <PageTitle>{t('join.title')}</PageTitle>
        <EmptyState help={t('join.noDoctor')}>
          <LinkButton to="/">{t('findDoctor')}</LinkButton>
        </EmptyState>
      </>
    )
  }
  const failed = [doctor, clinic, visitType].find(({ isLoadingError }) => isLoadingError)
  if (failed !== undefined) return <ReadFailed error={failed.error} retry={() => void failed.refetch()} />
  // The account's name and address begin the form.
  if (doctor.data === undefined || clinic.data === undefined || session.kind === 'unknown') return <PageLoading />
  if (isForVisit && visitType.data === undefined) return <PageLoading />
  const props = { doctor: doctor.data, clinic: clinic.data, visitType: visitType.data, from }
  if (visitType.data !== undefined && !canWaitFor(visitType.data)) return <NotForVisit {...props} />
  return doctor.data.active ? <Join key={doctorId} {...props} /> : <JoinForColleagues key={doctorId} {...props} />
}

function ReadFailed({ error, retry }: { error: unknown; retry: () => void }) {
  const { t } = useTranslation('waitlist')
  return (
    <Stack gap="lg">
      <PageTitle>{t('join.title')}</PageTitle>
      <ErrorState error={error} retry={retry} />
    </Stack>
  )
}

/** The waitlist of a doctor who takes no bookings is that of the colleagues, if there are any. */
function JoinForColleagues(props: JoinProps) {
  const queryClient = useQueryClient()
  const { data, error, refetch } = useQuery(colleaguesQuery(queryClient, props.doctor))
  const { visitType } = props
  const colleagues = data?.filter((one) => visitType === undefined || offeredVisit(visitType, one) !== undefined)
  if (colleagues !== undefined) {
    return colleagues.length === 0 ? <NobodyToWaitFor {...props} /> : <Join {...props} />
  }
  return error === null ? <PageLoading /> : <ReadFailed error={error} retry={() => void refetch()} />
}

/** Neither the doctor nor anybody else whom the clinic could offer takes bookings. */
function NobodyToWaitFor({ doctor, clinic }: Pick<JoinProps, 'doctor' | 'clinic'>) {
  const { t } = useTranslation(['waitlist', 'shell'])
  return (
    <>
      <PageTitle>{t('join.title')}</PageTitle>
      <EmptyState
        title={t('shell:noBookings', { name: isolated(doctor.name) })}
        help={t('join.alone', { clinic: isolated(clinic.name) })}
      >
        <CallClinic clinic={clinic} />
        <LinkButton to="/">{t('findDoctor')}</LinkButton>
      </EmptyState>
    </>
  )
}

/** The clinic itself adds those who wait for such visits. */
function NotForVisit({ clinic }: Pick<JoinProps, 'clinic'>) {
  const { t } = useTranslation('waitlist')
  return (
    <>
      <PageTitle>{t('join.title')}</PageTitle>
      <EmptyState help={t('join.notForVisit', { clinic: isolated(clinic.name) })}>
        <CallClinic clinic={clinic} />
      </EmptyState>
    </>
  )
}

type JoinProps = {
  doctor: Doctor
  clinic: Clinic
  /** undefined: for places of fixed slots. */
  visitType: VisitType | undefined
  from: string | undefined
}

function Join({ doctor, clinic, visitType, from }: JoinProps) {
  const { t } = useTranslation(['waitlist', 'shell'])
  const navigate = useNavigate()
  const session = useSession()
  const me = session.kind === 'account' ? session.me : null
  const today = localDay(serverNow(), clinic.timezone)
  const [isAnyDoctor, setAnyDoctor] = useState(!doctor.active)
  const person = useKeepPerson()
  const form = useEntryForm({
    initial: newEntryDraft({ today, from, name: me?.name ?? '', email: me?.email ?? '' }),
    today,
    needsEmail: true,
  })
  const hasPlaces = useHasPlaces(doctor, today, visitType)
  const join = useJoin(form)
  const submit = submitValid(form, (draft) => {
    const { patient, ...wanted } = entryOfDraft(draft)
    const who = isAnyDoctor ? { specialization: doctor.specialization } : { doctorId: doctor.id }
    const body = {
      clinicId: clinic.id,
      ...who,
      ...(visitType === undefined ? {} : { visitTypeId: visitType.id }),
      ...wanted,
      patient: { ...patient, language: currentLanguage() },
    }
    join.mutate(body, {
      onSuccess: ({ id, manageToken }) => {
        void person.keep(patient.name)
        void navigate({
          to: '/waitlist-entry',
          hash: id,
          state: { manageToken: me === null ? manageToken : null },
          replace: true,
        })
      },
    })
  })
  return (
    <Stack gap="lg">
      <Introduction doctor={doctor} clinic={clinic} visitType={visitType} />
      <form onSubmit={submit} noValidate className={layoutClasses.panel}>
        <Stack gap="lg">
          {doctor.active && visitType?.doctors.length !== 1 ? (
            <Choice doctor={doctor} clinic={clinic} isAnyDoctor={isAnyDoctor} onChange={setAnyDoctor} />
          ) : doctor.active ? (
            <Text>{nameWithSpecialization(doctor)}</Text>
          ) : (
            <Text>
              {t('shell:noBookings', { name: isolated(doctor.name) })}{' '}
              {t('join.colleagues', { clinic: isolated(clinic.name) })}
            </Text>
          )}
          <WhoFor {...person.choice} name={form.values.name} onName={(name) => form.setFieldValue('name', name)} />
          <EntryFields form={form} isPatient sendsEmails={clinic.sendsEmails} hasPlaces={hasPlaces} />
          <Text size="sm" c="dimmed">
            {t('join.clinicTime', { clinic: `\u2068${clinic.name}\u2069` })}
          </Text>
          {join.isError ? <JoinError error={join.error} isSignedIn={me !== null} /> : null}
          <Group>
            <ActionButton type="submit" isBusy={join.isPending}>
              {t('join.submit')}
            </ActionButton>
          </Group>
        </Stack>
      </form>
    </Stack>
  )
}

/** Whether what is waited for has several places. Of fixed slots, it is not known of colleagues. */
function useHasPlaces({ id, active }: Doctor, today: string, visitType: VisitType | undefined): boolean {
  const isRead = active && visitType === undefined
  const slots = useQuery({ ...slotsQuery(id, today, addDays(today, listedDaysMax - 1)), enabled: isRead })
  if (visitType !== undefined) return visitType.capacity > 1
  return !active || (slots.data?.items.some(({ capacity }) => capacity > 1) ?? false)
}

function Introduction({ doctor, clinic, visitType }: Pick<JoinProps, 'doctor' | 'clinic' | 'visitType'>) {
  const { t } = useTranslation(['waitlist', 'shell'])
  const waited = { doctorId: doctor.id, ...(visitType && { visitTypeId: visitType.id }) }
  const waiting = useQuery({ ...doctorWaitlistQuery(waited), enabled: doctor.active }).data?.waitingForSame ?? 0
  return (
    <Stack gap="xs">
      <PageTitle>{t('join.title')}</PageTitle>
      {visitType === undefined ? null : (
        <Text fw={600} size="lg">
          <bdi>{visitTypeName(visitType)}</bdi> ·{' '}
          {formatMinutes(offeredVisit(visitType, doctor)?.minutes ?? visitType.minutes)}
        </Text>
      )}
      <Text maw="42rem">{t(clinic.sendsEmails ? 'join.introEmail' : 'join.intro')}</Text>
      {waiting === 0 ? null : (
        <Text c="dimmed">{t('shell:waitlist.waiting', { count: waiting, waiting: formatNumber(waiting) })}</Text>
      )}
    </Stack>
  )
}

type ChoiceProps = { doctor: Doctor; clinic: Clinic; isAnyDoctor: boolean; onChange: (isAnyDoctor: boolean) => void }

/** The choice of this doctor, or of any doctor of the clinic with the same specialization. */
function Choice({ doctor, clinic, isAnyDoctor, onChange }: ChoiceProps) {
  const { t } = useTranslation('waitlist')
  const [name, clinicName] = [`\u2068${doctor.name}\u2069`, `\u2068${clinic.name}\u2069`]
  return (
    <Radio.Group
      label={t('join.who')}
      value={isAnyDoctor ? 'any' : 'one'}
      onChange={(value) => onChange(value === 'any')}
    >
      <Stack gap="xs" mt={6}>
        <Radio value="one" label={t('join.thisDoctor', { name })} />
        <Radio value="any" label={t('join.anyDoctor', { clinic: clinicName })} />
      </Stack>
    </Radio.Group>
  )
}

/** Links a patient who waits for the same already to their entries. A refused field shows its error itself. */
function JoinError({ error, isSignedIn }: { error: unknown; isSignedIn: boolean }) {
  const { t } = useTranslation('waitlist')
  if (refusedContact(error) !== null) return null
  const isWaiting = refusalCode(error) === 'already_waiting'
  return (
    <Stack gap="sm">
      <ErrorState error={error} />
      {isWaiting && isSignedIn ? (
        <Alert variant="outline" radius="lg">
          <TextLink to="/my-waitlist">{t('mine.title')}</TextLink>
        </Alert>
      ) : null}
    </Stack>
  )
}
