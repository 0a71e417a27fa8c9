import { addDays, mondayOf } from '@holdfast/vocabulary'
import { Button, Group, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { DayNav } from '../../../ui/day-nav.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { NoRooms } from '../no-rooms.tsx'
import { blocksQuery, roomsQuery } from '../theatre-queries.ts'
import { useTheatre } from '../use-theatre.ts'
import { BlockForm } from './block-form.tsx'
import { BlocksTable } from './blocks-table.tsx'

/** The blocks of a week, with their owners. */
export function BlocksPage() {
  const { t } = useTranslation('theatre')
  const { clinicId, today, isAdmin } = useTheatre()
  const [monday, setMonday] = useState(mondayOf(today))
  const [isAdding, setAdding] = useState(false)
  const known = useQuery(roomsQuery(clinicId)).data
  const rooms = known ?? []
  const read = useQuery(blocksQuery(clinicId, monday, addDays(monday, 6)))
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <PageTitle>{t('tabs.blocks')}</PageTitle>
        {!isAdmin || rooms.length === 0 ? null : <Button onClick={() => setAdding(true)}>{t('blocks.add')}</Button>}
      </Group>
      <DayNav day={monday} today={mondayOf(today)} step={7} onChange={(day) => setMonday(mondayOf(day))} />
      {read.data === undefined ? (
        <LoadingOrError of={read} />
      ) : known?.length === 0 ? (
        <NoRooms />
      ) : read.data.length === 0 ? (
        <EmptyState title={t('blocks.none')} help={t('blocks.help')} />
      ) : (
        <BlocksTable blocks={read.data} rooms={rooms} />
      )}
      <Dialog isOpen={isAdding} onClose={() => setAdding(false)} isForm size="lg" title={t('blocks.add')}>
        <BlockForm rooms={rooms.filter(({ active }) => active)} firstDay={monday} onDone={() => setAdding(false)} />
      </Dialog>
    </Stack>
  )
}
