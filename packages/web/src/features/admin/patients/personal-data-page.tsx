import type { Person } from '@holdfast/contract/client'
import { lengths } from '@holdfast/vocabulary'
import { Alert, Group, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DocumentActions } from '../../../domain/personal-data/document-actions.tsx'
import { PersonalSections } from '../../../domain/personal-data/personal-sections.tsx'
import { api, dataOf } from '../../../lib/api/api.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { useClinic } from '../use-clinic.ts'

const route = getRouteApi('/clinic/$clinicId/patients/data')

/**
 * All that the clinic has about a person whom it has identified. It is read when an administrator asks for it, and not
 * when the page is opened: each reading is an entry of the security log.
 */
export function ClinicPersonalDataPage() {
  const { t } = useTranslation('personal-data')
  const { clinicId, timeZone, isAdmin } = useClinic()
  const { patientId } = route.useSearch()
  const [contact, setContact] = useState('')
  const reading = useMutation({
    mutationFn: (body: Person) => dataOf(api.getPersonalData({ path: { clinicId }, body })),
    gcTime: 0,
  })
  /** The document of the contact before would stand below another one. */
  const change = (text: string) => {
    setContact(text)
    reading.reset()
  }
  const read = (event: FormEvent) => {
    event.preventDefault()
    if (patientId !== undefined) return reading.mutate({ patientId })
    const text = contact.trim()
    if (text !== '') reading.mutate(text.includes('@') ? { email: text } : { phone: text })
  }
  return (
    <Stack gap="lg">
      <div>
        <PageTitle>{t('clinic.title')}</PageTitle>
        <Text c="dimmed" maw="44rem">
          {t('clinic.intro')}
        </Text>
      </div>
      {isAdmin ? (
        <form className="no-print" onSubmit={read}>
          <Group align="end" gap="sm">
            {patientId === undefined ? (
              <TextInput
                label={t('clinic.contact')}
                required
                maxLength={lengths.email}
                dir="auto"
                w="22rem"
                maw="100%"
                value={contact}
                onChange={(event) => change(event.currentTarget.value)}
              />
            ) : null}
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
            {reading.data.archivedMonths.length === 0 ? null : (
              <Alert color="yellow">{t('archived', { months: reading.data.archivedMonths.join(', ') })}</Alert>
            )}
            <DocumentActions document={reading.data} name={t('clinic.file')} />
            <PersonalSections sections={reading.data.sections} timeZone={timeZone} level={2} />
          </Stack>
        </section>
      )}
    </Stack>
  )
}
