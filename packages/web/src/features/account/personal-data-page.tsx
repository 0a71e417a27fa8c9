import type { PersonalDataOfClinic } from '@holdfast/contract/client'
import { Alert, Stack, Title } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { DocumentActions } from '../../domain/personal-data/document-actions.tsx'
import { PersonalSections } from '../../domain/personal-data/personal-sections.tsx'
import { api, dataOf } from '../../lib/api/api.ts'
import { ownTimeZone } from '../../lib/i18n/format.ts'
import { clinicQuery } from '../../lib/queries/directory-queries.ts'
import { useSession } from '../../lib/session/session.ts'
import { PageHead } from '../../ui/focus/page-head.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'
import { SessionFailed } from '../../ui/states/session-failed.tsx'
import { SignInFirst } from '../../ui/states/sign-in-first.tsx'

/** Read anew each time that the page is opened: it is a document of that moment. */
const myDataQuery = queryOptions({
  queryKey: ['my-personal-data'],
  queryFn: () => dataOf(api.getMyPersonalData()),
  gcTime: 0,
  staleTime: Number.POSITIVE_INFINITY,
})

/** All that is stored about the account, and about its bookings in each clinic. */
export function PersonalDataPage() {
  const { t } = useTranslation('personal-data')
  const session = useSession()
  if (session.kind === 'unknown') return <PageLoading />
  if (session.kind === 'failed') return <SessionFailed title={t('mine.title')} session={session} />
  if (session.kind === 'guest') return <SignInFirst title={t('mine.title')} />
  return (
    <Stack gap="lg" maw="60rem">
      <PageHead title={t('mine.title')} intro={t('mine.intro')} maw="44rem" />
      <MyData />
    </Stack>
  )
}

function MyData() {
  const { t } = useTranslation('personal-data')
  const data = useQuery(myDataQuery)
  if (data.data === undefined) return <LoadingOrError of={data} />
  const { account, clinics } = data.data
  return (
    <>
      <DocumentActions document={data.data} name={t('mine.file')} />
      <Title order={2} size="h3">
        {t('mine.account')}
      </Title>
      <PersonalSections sections={account} timeZone={ownTimeZone()} level={3} />
      {clinics.map(({ clinicId, clinicName, sections, archivedMonths }) => (
        <Stack key={clinicId} gap="md" component="section">
          <Title order={2} size="h3">
            <bdi>{clinicName}</bdi>
          </Title>
          {archivedMonths.length === 0 ? null : (
            <Alert color="yellow">{t('archived', { months: archivedMonths.join(', ') })}</Alert>
          )}
          <OfClinic clinicId={clinicId} sections={sections} />
        </Stack>
      ))}
    </>
  )
}

type OfClinicProps = Pick<PersonalDataOfClinic, 'clinicId' | 'sections'>

/** In the clinic's time zone, or in the reader's own if the clinic cannot be read. */
function OfClinic({ clinicId, sections }: OfClinicProps) {
  const clinic = useQuery(clinicQuery(clinicId))
  if (clinic.isPending) return <PageLoading />
  return <PersonalSections sections={sections} timeZone={clinic.data?.timezone ?? ownTimeZone()} level={3} />
}
