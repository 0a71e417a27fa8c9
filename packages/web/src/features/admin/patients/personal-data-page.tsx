import type { Person, PersonalData } from '@holdfast/contract/client'
import { Alert, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { getRouteApi, useRouterState } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DocumentActions } from '../../../domain/personal-data/document-actions.tsx'
import { PersonalSections } from '../../../domain/personal-data/personal-sections.tsx'
import { api, dataOf } from '../../../lib/api/api.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { PageHead } from '../../../ui/focus/page-head.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { useClinic } from '../use-clinic.ts'
import { OtherRecords } from './other-records.tsx'

declare module '@tanstack/history' {
  interface HistoryState {
    /** What the page of a person's data searches for at first: not in its address, which browsers store. */
    contacts?: string
  }
}

const route = getRouteApi('/clinic/$clinicId/patients/data')

/**
 * All that the clinic has about a person whom it has identified. It is read when an administrator asks for it, and not
 * when the page is opened: each reading is an entry of the security log.
 */
export function ClinicPersonalDataPage() {
  const { t } = useTranslation('personal-data')
  const { clinicId, timeZone, isAdmin } = useClinic()
  const { patientId, withContacts = false } = route.useSearch()
  const contacts = useRouterState({ select: ({ location }) => location.state.contacts })
  const [typed, setTyped] = useState(contacts ?? '')
  const [withContactsOfRecord, setWithContacts] = useState(withContacts)
  const reading = useMutation({
    mutationFn: (body: Person) => dataOf(api.getPersonalData({ path: { clinicId }, body })),
    gcTime: 0,
  })
  /** The document of the contacts before would stand below others. */
  const change = (text: string) => {
    setTyped(text)
    reading.reset()
  }
  const read = (event: FormEvent) => {
    event.preventDefault()
    const ofRecord = patientId === undefined ? {} : { patientId, withContactsOfRecord }
    const person = { ...contactsIn(typed), ...ofRecord }
    if (Object.keys(person).length > 0) reading.mutate(person)
  }
  return (
    <Stack gap="lg">
      <PageHead
        title={t('clinic.title')}
        intro={`${t('clinic.intro')} ${t(patientId === undefined ? 'clinic.ofContacts' : 'clinic.ofRecord')}`}
        maw="44rem"
      />
      {isAdmin ? (
        <form className="no-print" onSubmit={read}>
          {patientId === undefined ? null : (
            <Checkbox
              mb="sm"
              label={t('clinic.withContacts')}
              description={t('clinic.withContactsHelp')}
              checked={withContactsOfRecord}
              onChange={({ currentTarget }) => {
                setWithContacts(currentTarget.checked)
                reading.reset()
              }}
            />
          )}
          <Group align="end" gap="sm">
            <TextInput
              label={t(patientId === undefined ? 'clinic.contacts' : 'clinic.moreContacts')}
              description={t('clinic.contactsHelp')}
              required={patientId === undefined}
              dir="auto"
              w="26rem"
              maw="100%"
              value={typed}
              onChange={(event) => change(event.currentTarget.value)}
            />
            <ActionButton type="submit" isBusy={reading.isPending}>
              {t('clinic.read')}
            </ActionButton>
          </Group>
        </form>
      ) : (
        <EmptyState title={t('clinic.adminsOnly')} help={t('clinic.adminsOnlyHelp')} />
      )}
      {reading.isError ? <ErrorState error={reading.error} /> : null}
      {reading.data === undefined ? null : (
        <section aria-live="polite">
          <Stack gap="lg">
            <Text>{t('clinic.check')}</Text>
            <OtherRecords others={reading.data.otherRecords} />
            {reading.data.archivedMonths.length === 0 ? null : (
              <Alert color="yellow">{t('archived', { months: reading.data.archivedMonths.join(', ') })}</Alert>
            )}
            <DocumentActions document={documentOf(reading.data)} name={t('clinic.file')} />
            <PersonalSections sections={reading.data.sections} timeZone={timeZone} level={2} />
          </Stack>
        </section>
      )}
    </Stack>
  )
}

/** What is handed over: not the records of others. */
function documentOf({ sections, archivedMonths }: PersonalData) {
  return { sections, archivedMonths }
}

/** Addresses and numbers that are separated by commas, as a request sends them. */
function contactsIn(text: string): Pick<Person, 'emails' | 'phones'> {
  const contacts = text
    .split(/[,;،]/)
    .map((contact) => contact.trim())
    .filter((contact) => contact !== '')
  const emails = contacts.filter((contact) => contact.includes('@'))
  const phones = contacts.filter((contact) => !contact.includes('@'))
  return { ...(emails.length === 0 ? {} : { emails }), ...(phones.length === 0 ? {} : { phones }) }
}
