import type { CaseRequest } from '@holdfast/contract/client'
import { Button, Group, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { openRequestsQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'
import { RequestForm } from './request-form.tsx'
import { RequestList } from './request-list.tsx'
import { ScheduleDialog } from './schedule-dialog.tsx'

/** The waitlist: requested cases by urgency and due day. */
export function RequestsPage() {
  const { t } = useTranslation('theatre')
  const { clinicId } = useTheatre()
  const [isAdding, setAdding] = useState(false)
  const [scheduled, setScheduled] = useState<CaseRequest | null>(null)
  const navigate = useNavigate()
  const read = useQuery(openRequestsQuery(clinicId))
  return (
    <Stack gap="lg" maw="67.5rem">
      <Group justify="space-between">
        <PageTitle>{t('tabs.requests')}</PageTitle>
        <Button onClick={() => setAdding(true)}>{t('requests.add')}</Button>
      </Group>
      {read.data === undefined ? (
        <LoadingOrError of={read} />
      ) : read.data.length === 0 ? (
        <EmptyState title={t('requests.none')} help={t('requests.noneHelp')} />
      ) : (
        <RequestList requests={read.data} onFind={setScheduled} />
      )}
      <Dialog isOpen={isAdding} onClose={() => setAdding(false)} isForm size="lg" title={t('requests.add')}>
        <RequestForm onDone={() => setAdding(false)} />
      </Dialog>
      <ScheduleDialog
        request={scheduled}
        onScheduled={(caseId, day) =>
          void navigate({ to: '/clinic/$clinicId/theatre', params: { clinicId }, search: { day, caseId } })
        }
        onClose={() => setScheduled(null)}
      />
    </Stack>
  )
}
