import type { Guardian, PatientWithVisits } from '@holdfast/contract/client'
import { Button, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Flags } from '../../../domain/bookings/flags.tsx'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatDate, formatLanguage } from '../../../lib/i18n/format.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { focusPageTitle } from '../../../ui/focus/page-focus.ts'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { Panel } from '../../../ui/panel.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../../ui/toast.ts'
import adminClasses from '../admin.module.css'
import factClasses from '../shared/booking/facts.module.css'
import { ContactLink } from '../shared/patient/contact-link.tsx'
import { patientQuery } from '../shared/patient/patient-queries.ts'
import { useClinic } from '../use-clinic.ts'
import { EraseDialog } from './erase-dialog.tsx'
import { MergeDialog } from './merge-dialog.tsx'
import { changeBetween, draftOfRecord, type PatientDraft } from './patient-draft.ts'
import { PatientForm } from './patient-form.tsx'
import { PatientVisits } from './patient-visits.tsx'
import { MergedNotice, SamePatient } from './same-patient.tsx'

const route = getRouteApi('/clinic/$clinicId/patients/$patientId')

/** Who a patient is, what they need, and what they have been booked for. */
export function PatientPage() {
  const { patientId } = route.useParams()
  const { clinicId } = useClinic()
  const found = useQuery(patientQuery(clinicId, patientId))
  if (found.data === undefined) return <LoadingOrError of={found} />
  return (
    <Stack gap="lg">
      <Stack gap="xs">
        <PageTitle>{found.data.name}</PageTitle>
        {found.data.flags.length === 0 ? null : <Flags flags={found.data.flags} />}
      </Stack>
      {found.data.mergedInto === null ? null : <MergedNotice patient={found.data} keptId={found.data.mergedInto} />}
      <div className={adminClasses.two}>
        <PatientFacts patient={found.data} />
        <PatientVisits patient={found.data} />
      </div>
      {found.data.mergedInto === null ? <SamePatient key={patientId} patient={found.data} /> : null}
    </Stack>
  )
}

function PatientFacts({ patient }: { patient: PatientWithVisits }) {
  const { t } = useTranslation(['patients', 'admin'])
  const [dialog, setDialog] = useState<'edit' | 'erase' | 'merge' | null>(null)
  const close = () => setDialog(null)
  const { mrn, birthDate, sex, phone, email, address, language, notes, identifiers, guardians } = patient
  // `key`: of what can have the label of another one, such as both parents.
  const facts: { key?: string; label: string; value: ReactNode }[] = [
    { label: t('field.mrn'), value: <bdi>{mrn ?? '–'}</bdi> },
    {
      label: t('field.birthDate'),
      value: birthDate === null ? '–' : formatDate(birthDate, { day: 'numeric', month: 'long', year: 'numeric' }),
    },
    { label: t('field.sex'), value: sex === null ? '–' : t(`sex.${sex}`) },
    { label: t('admin:field.phone'), value: <ContactLink scheme="tel" to={phone ?? undefined} /> },
    { label: t('admin:field.email'), value: <ContactLink scheme="mailto" to={email ?? undefined} /> },
    { label: t('admin:field.address'), value: <Lines text={address} /> },
    { label: t('field.language'), value: language === null ? '–' : formatLanguage(language) },
    { label: t('field.notes'), value: <Lines text={notes} /> },
    ...guardians.map((guardian, index) => ({
      key: `guardian ${index}`,
      label: t(`relation.${guardian.relation}`),
      value: <GuardianFact guardian={guardian} />,
    })),
    ...identifiers.map(({ system, value }) => ({
      key: `identifier ${system} ${value}`,
      label: system,
      value: <bdi className="tabular">{value}</bdi>,
    })),
  ]
  return (
    <Panel id="patient-facts" title={t('facts')} gap="lg">
      <dl className={factClasses.facts}>
        {facts.map(({ key, label, value }) => (
          <div key={key ?? label} style={{ display: 'contents' }}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {patient.mergedInto === null ? <Actions patient={patient} onOpen={setDialog} /> : null}
      <Dialog isForm size="lg" isOpen={dialog === 'edit'} onClose={close} title={t('edit.title')}>
        <EditPatient patient={patient} onDone={close} />
      </Dialog>
      <EraseDialog patient={patient} isOpen={dialog === 'erase'} onClose={close} />
      <MergeDialog record={patient} other={null} isOpen={dialog === 'merge'} onClose={close} />
    </Panel>
  )
}

type ActionsProps = { patient: PatientWithVisits; onOpen: (dialog: 'edit' | 'erase' | 'merge') => void }

function Actions({ patient, onOpen }: ActionsProps) {
  const { t } = useTranslation('patients')
  const { clinicId, isAdmin } = useClinic()
  return (
    <div className={layoutClasses.actions}>
      <LinkButton
        size="sm"
        variant="default"
        to="/clinic/$clinicId/book"
        params={{ clinicId }}
        search={{ patientId: patient.id }}
      >
        {t('book')}
      </LinkButton>
      <Button variant="default" size="sm" onClick={() => onOpen('edit')}>
        {t('edit.open')}
      </Button>
      <Button variant="default" size="sm" onClick={() => onOpen('merge')}>
        {t('merge.open')}
      </Button>
      {isAdmin ? (
        <>
          <LinkButton
            size="sm"
            variant="default"
            to="/clinic/$clinicId/patients/data"
            params={{ clinicId }}
            search={{ patientId: patient.id }}
          >
            {t('data')}
          </LinkButton>
          <Button variant="default" size="sm" onClick={() => onOpen('erase')}>
            {t('erase.open')}
          </Button>
        </>
      ) : null}
    </div>
  )
}

function GuardianFact({ guardian: { name, phone, email, getsMessages } }: { guardian: Guardian }) {
  const { t } = useTranslation('patients')
  return (
    <Stack gap={0}>
      <bdi>{name}</bdi>
      {phone === null ? null : <ContactLink scheme="tel" to={phone} />}
      {email === null ? null : <ContactLink scheme="mailto" to={email} />}
      {getsMessages ? (
        <Text size="sm" c="dimmed">
          {t('guardians.getsMessages')}
        </Text>
      ) : null}
    </Stack>
  )
}

/** A text with its line ends. */
function Lines({ text }: { text: string | null }) {
  return (
    <Text component="span" dir="auto" style={{ whiteSpace: 'pre-line' }}>
      {text ?? '–'}
    </Text>
  )
}

/** Sends the fields that were changed here, with the version that was read: what others change is not overwritten. */
function EditPatient({ patient, onDone }: { patient: PatientWithVisits; onDone: () => void }) {
  const { t } = useTranslation('patients')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  const [read] = useState({ version: patient.version, draft: draftOfRecord(patient) })
  const change = useMutation({
    mutationFn: (draft: PatientDraft) => {
      const body = { version: read.version, ...changeBetween(read.draft, draft) }
      return dataOf(api.updatePatient({ path: { clinicId, patientId: patient.id }, body }))
    },
    onSuccess: () => {
      toastDone({ message: t('edit.done') })
      onDone()
      focusPageTitle()
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) }),
  })
  return (
    <PatientForm
      initial={read.draft}
      submit={t('edit.submit')}
      isBusy={change.isPending}
      error={change.error}
      onSubmit={(draft, onError) => change.mutate(draft, { onError })}
    />
  )
}
