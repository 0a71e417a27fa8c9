import type { Clinic } from '@holdfast/contract/client'
import { eachClinicText, lengths } from '@holdfast/vocabulary'
import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useDebouncedValue } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { keepPreviousData, queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, Navigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api, dataOf } from '../../../lib/api/api.ts'
import { useRequestKeys } from '../../../lib/api/request-keys.ts'
import { ownTimeZone } from '../../../lib/i18n/format.ts'
import { languages } from '../../../lib/i18n/languages.ts'
import { clinicQuery } from '../../../lib/queries/directory-queries.ts'
import { submitValid } from '../../../lib/submit-valid.ts'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { Icon } from '../../../ui/icon.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ListTable } from '../../../ui/list-table.tsx'
import { SaveButton } from '../../../ui/save-button.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { PageLoading } from '../../../ui/states/page-loading.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { type ClinicCardDraft, invalidNumbers, textsOf } from '../shared/clinic/clinic-draft.ts'
import { ClinicFields } from '../shared/clinic/clinic-fields.tsx'

const route = getRouteApi('/clinic')

/** The way into a clinic: leads directly to the only one, or lists them. */
export function ClinicsPage() {
  const { clinicIds, isSiteAdministrator } = route.useRouteContext()
  const { all = false } = route.useSearch()
  const [only] = clinicIds
  if (isSiteAdministrator) return all ? <AllClinics /> : <OnlyOrAllClinics />
  if (clinicIds.length === 1 && only !== undefined) return <ToClinic clinicId={only} />
  return <OwnClinics clinicIds={clinicIds} />
}

function ToClinic({ clinicId }: { clinicId: string }) {
  return <Navigate to="/clinic/$clinicId" params={{ clinicId }} search={{}} replace />
}

/** For site administrators, whose clinics are all there are. */
function OnlyOrAllClinics() {
  const clinics = useQuery(foundClinicsQuery(''))
  const [only, second] = clinics.data?.items ?? []
  if (clinics.isPending) return <PageLoading />
  return only !== undefined && second === undefined ? <ToClinic clinicId={only.id} /> : <AllClinics />
}

function foundClinicsQuery(q: string) {
  return queryOptions({
    queryKey: ['clinics', 'search', q],
    queryFn: () => dataOf(api.listClinics({ query: { limit: 100, ...(q === '' ? {} : { q }) } })),
  })
}

function OwnClinics({ clinicIds }: { clinicIds: readonly string[] }) {
  const { t } = useTranslation('admin')
  const clinics = useQuery({
    queryKey: ['own-clinics', clinicIds],
    queryFn: () => Promise.all(clinicIds.map((clinicId) => dataOf(api.getClinic({ path: { clinicId } })))),
  })
  return (
    <Stack gap="lg">
      <PageTitle>{t('clinics.title')}</PageTitle>
      {clinics.data ? <ClinicList clinics={clinics.data} /> : <LoadingOrError of={clinics} />}
    </Stack>
  )
}

/** For site administrators: all clinics, and a form for a new one. */
function AllClinics() {
  const { t } = useTranslation('admin')
  const [text, setText] = useState('')
  const [isAdding, setAdding] = useState(false)
  const [q] = useDebouncedValue(text.trim(), 250)
  const clinics = useQuery({ ...foundClinicsQuery(q), placeholderData: keepPreviousData })
  const found = clinics.data?.items
  const isEmpty = found?.length === 0 && q === '' && text.trim() === '' && !clinics.isPlaceholderData
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <PageTitle>{t('clinics.title')}</PageTitle>
        <Group gap="sm">
          <LinkButton to="/health" variant="default">
            {t('clinics.health')}
          </LinkButton>
          <LinkButton to="/security-log" search={{}} variant="default">
            {t('audit.title')}
          </LinkButton>
          <Button
            variant={isAdding ? 'default' : 'filled'}
            onClick={() => setAdding(!isAdding)}
            aria-expanded={isAdding}
          >
            {t('clinics.add')}
          </Button>
        </Group>
      </Group>
      {isAdding ? <NewClinic onDone={() => setAdding(false)} /> : null}
      {isEmpty ? null : (
        <TextInput
          type="search"
          maw="24rem"
          label={t('clinics.search')}
          leftSection={<Icon of={IconSearch} size={18} />}
          maxLength={lengths.search}
          value={text}
          onChange={({ currentTarget }) => setText(currentTarget.value)}
        />
      )}
      {found === undefined ? (
        <LoadingOrError of={clinics} />
      ) : isEmpty ? (
        isAdding ? null : (
          <EmptyState title={t('clinics.first')} help={t('clinics.firstHelp')}>
            <Button onClick={() => setAdding(true)}>{t('clinics.submit')}</Button>
          </EmptyState>
        )
      ) : found.length === 0 ? (
        <EmptyState title={t('clinics.none')} help={t('clinics.noneHelp')} />
      ) : (
        <>
          <ClinicList clinics={found} />
          {clinics.data?.nextCursor ? <Text c="dimmed">{t('clinics.truncated')}</Text> : null}
        </>
      )}
    </Stack>
  )
}

function ClinicList({ clinics }: { clinics: readonly Clinic[] }) {
  const { t } = useTranslation('admin')
  return (
    <ListTable caption={t('clinics.title')} heads={[t('field.name'), t('field.address'), t('field.timezone')]}>
      {clinics.map(({ id, name, address, timezone }) => (
        <tr key={id}>
          <td>
            <Link className={layoutClasses.link} to="/clinic/$clinicId" params={{ clinicId: id }}>
              {name}
            </Link>
          </td>
          <td>
            <bdi>{address ?? '–'}</bdi>
          </td>
          <td>
            <bdi>{timezone}</bdi>
          </td>
        </tr>
      ))}
    </ListTable>
  )
}

function NewClinic({ onDone }: { onDone: () => void }) {
  const { t, i18n } = useTranslation('admin')
  const navigate = route.useNavigate()
  const queryClient = useQueryClient()
  const requestKeys = useRequestKeys()
  const form = useForm<ClinicCardDraft>({
    initialValues: { name: '', timezone: ownTimeZone(), ...eachClinicText(() => '') },
    validate: (draft) => invalidNumbers(draft, t('field.phoneInvalid')),
  })
  const panelRef = useRef<HTMLElement>(null)
  useEffect(() => panelRef.current?.querySelector('input')?.focus(), [])
  const creation = useMutation({
    mutationFn: (draft: ClinicCardDraft) => {
      const body = {
        ...textsOf(draft),
        name: draft.name.trim(),
        timezone: draft.timezone,
        // Its people, and so its patients, probably speak the language in which it is created.
        language: languages.find((one) => one === i18n.language) ?? 'en',
      }
      return dataOf(api.createClinic({ body, headers: requestKeys.headersFor(body) }))
    },
    onSuccess: async (clinic) => {
      queryClient.setQueryData(clinicQuery(clinic.id).queryKey, clinic)
      void queryClient.invalidateQueries({ queryKey: ['clinics'] })
      toastDone({ message: t('clinics.added', { name: clinic.name }) })
      onDone()
      // The dashboard of an empty clinic lists the next steps.
      await navigate({ to: '/clinic/$clinicId', params: { clinicId: clinic.id } })
    },
  })
  return (
    <section className={layoutClasses.panel} aria-labelledby="new-clinic" ref={panelRef}>
      <form onSubmit={submitValid(form, (draft) => creation.mutate(draft))}>
        <Stack gap="md">
          <Title order={2} size="h3" id="new-clinic">
            {t('clinics.add')}
          </Title>
          <ClinicFields timezone={form.getValues().timezone} inputProps={form.getInputProps} />
          <SaveButton of={creation} label={t('clinics.submit')} />
        </Stack>
      </form>
    </section>
  )
}
