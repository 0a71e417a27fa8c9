import type { ClinicWaitlistEntry, WaitlistEntry } from '@holdfast/contract/client'
import { Button, Group, Text } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, type RefObject, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { EntryDays } from '../../../domain/waitlist/entry-days.tsx'
import { PastOffers } from '../../../domain/waitlist/past-offers.tsx'
import { WaitsFor } from '../../../domain/waitlist/waits-for.tsx'
import { api, dataOf } from '../../../lib/api/api.ts'
import { formatDayTime, formatNumber, formatTime } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { clinicKey } from '../../../lib/queries/clinic-queries.ts'
import { TextLink } from '../../../ui/buttons/text-link.tsx'
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ListTable } from '../../../ui/list-table.tsx'
import tableClasses from '../../../ui/table.module.css'
import { toastDone } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'
import { AcceptDialog } from './accept-dialog.tsx'
import { callReason } from './call-reason.ts'
import { CorrectEntryDialog } from './correct-entry-dialog.tsx'

type TableProps = {
  entries: readonly ClinicWaitlistEntry[]
  rowsRef: RefObject<HTMLTableSectionElement | null>
  /** Shown instead of a table without rows. A dialog stays open when the last row is gone. */
  empty: ReactNode
}
type Opened = { entry: ClinicWaitlistEntry; dialog: 'accept' | 'correct' | 'offers' | 'remove' }

export function WaitlistTable({ entries, rowsRef, empty }: TableProps) {
  const [opened, setOpened] = useState<Opened | null>(null)
  return (
    <>
      {entries.length === 0 ? empty : <Rows entries={entries} rowsRef={rowsRef} onOpen={setOpened} />}
      {opened === null ? null : <OpenedDialog {...opened} onClose={() => setOpened(null)} />}
    </>
  )
}

function OpenedDialog({ entry, dialog, onClose }: Opened & { onClose: () => void }) {
  switch (dialog) {
    case 'accept':
      return <AcceptDialog entry={entry} onClose={onClose} />
    case 'correct':
      return <CorrectEntryDialog entry={entry} onClose={onClose} />
    case 'offers':
      return <OffersDialog entry={entry} onClose={onClose} />
    case 'remove':
      return <RemoveDialog entry={entry} onClose={onClose} />
  }
}

type RowsProps = Pick<TableProps, 'entries' | 'rowsRef'> & { onOpen: (opened: Opened) => void }

function Rows({ entries, rowsRef, onOpen }: RowsProps) {
  const { t } = useTranslation(['waitlist', 'admin'])
  return (
    <ListTable
      caption={t('admin:tabs.waitlist')}
      heads={[
        t('clinic.position'),
        t('clinic.patient'),
        t('clinic.for'),
        t('clinic.urgency'),
        t('clinic.status'),
        t('clinic.joined'),
        t('clinic.actions'),
      ]}
      rowsRef={rowsRef}
    >
      {entries.map((entry) => (
        <Row key={entry.id} entry={entry} onOpen={(dialog) => onOpen({ entry, dialog })} />
      ))}
    </ListTable>
  )
}

type RowProps = { entry: ClinicWaitlistEntry; onOpen: (dialog: Opened['dialog']) => void }

function Row({ entry, onOpen }: RowProps) {
  const { t } = useTranslation(['waitlist', 'shell'])
  const { timeZone } = useClinic()
  const { patient, position, status, endReason, missedOffers, urgency, paused } = entry
  const isOpen = status === 'waiting' || status === 'offered'
  const name = patient.name === '' ? t('shell:erasedPatient') : patient.name
  return (
    <tr data-quiet={isOpen ? undefined : true}>
      <td className="tabular" data-label={t('clinic.position')}>
        {position === null ? '–' : formatNumber(position)}
      </td>
      <td>
        <bdi>{name}</bdi>
        <Text size="sm" c="dimmed">
          <bdi>{patient.email ?? patient.phone ?? ''}</bdi>
        </Text>
      </td>
      <td data-label={t('clinic.for')}>
        <WaitsFor entry={entry} />
        <Text size="sm" c="dimmed">
          <EntryDays entry={entry} />
        </Text>
      </td>
      <td data-label={t('clinic.urgency')}>{t(`urgency.${urgency}`)}</td>
      <td data-label={t('clinic.status')}>
        {t(`status.${paused ? 'paused' : status}`)}
        <OfferState entry={entry} />
        <Text size="sm" c="dimmed">
          {status === 'ended' && endReason !== null ? t(`reason.${endReason}`) : null}
          {isOpen && missedOffers > 0
            ? t('clinic.missed', { count: missedOffers, missed: formatNumber(missedOffers) })
            : null}
        </Text>
      </td>
      <td className={`tabular ${tableClasses.nowrap}`} data-label={t('clinic.joined')}>
        {formatDayTime(entry.joinedAt, timeZone)}
        {entry.addedBy === null ? null : (
          <Text size="sm" c="dimmed">
            {t('clinic.addedBy', { name: isolated(entry.addedBy) })}
          </Text>
        )}
      </td>
      <td>
        <Group gap="xs">
          {status === 'offered' ? (
            <Button
              size="compact-sm"
              variant="default"
              aria-label={t('clinic.acceptOf', { name })}
              onClick={() => onOpen('accept')}
            >
              {t('clinic.accept')}
            </Button>
          ) : null}
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t('clinic.offersOf', { name })}
            onClick={() => onOpen('offers')}
          >
            {t('clinic.offers')}
          </Button>
          {status === 'waiting' ? (
            <Button
              size="compact-sm"
              variant="default"
              aria-label={t('clinic.correctOf', { name })}
              onClick={() => onOpen('correct')}
            >
              {t('clinic.correct')}
            </Button>
          ) : null}
          {isOpen ? (
            <Button
              size="compact-sm"
              variant="default"
              aria-label={t('clinic.removeOf', { name })}
              onClick={() => onOpen('remove')}
            >
              {t('clinic.remove')}
            </Button>
          ) : null}
        </Group>
      </td>
    </tr>
  )
}

/**
 * Shows until when the open offer can be accepted, and whom to call about it, or about times that are free; of who has
 * got an appointment meanwhile, that.
 */
function OfferState({ entry }: Pick<RowProps, 'entry'>) {
  const { t } = useTranslation('waitlist')
  const { clinicId, timeZone } = useClinic()
  const { patient, offeredUntil, bookedSince } = entry
  const reason = callReason(entry)
  return (
    <>
      {offeredUntil === null ? null : (
        <Text size="sm">{t('clinic.offeredUntil', { time: formatTime(offeredUntil, timeZone) })}</Text>
      )}
      {bookedSince === null ? null : (
        <TextLink
          size="sm"
          to="/clinic/$clinicId/bookings/$bookingId"
          params={{ clinicId, bookingId: bookedSince.bookingId }}
        >
          {t('clinic.bookedSince', { when: formatDayTime(bookedSince.startsAt, timeZone) })}
        </TextLink>
      )}
      {reason === null ? null : (
        <Text size="sm">
          {patient.phone === undefined
            ? t(`clinic.${reason}`)
            : t(`clinic.${reason}Call`, { phone: `\u2066${patient.phone}\u2069` })}
        </Text>
      )}
    </>
  )
}

/** What was offered to an entry, with links to the bookings and their histories. */
function OffersDialog({ entry, onClose }: { entry: WaitlistEntry; onClose: () => void }) {
  const { t } = useTranslation('waitlist')
  const { clinicId } = useClinic()
  return (
    <Dialog
      isOpen
      size="lg"
      onClose={onClose}
      title={t('clinic.offersOf', { name: `\u2068${entry.patient.name}\u2069` })}
    >
      <PastOffers
        link={{ id: entry.id, manageToken: null }}
        clinicId={clinicId}
        none={t('clinic.noOffers')}
        bookingOf={(bookingId, when) => (
          <Link
            className={layoutClasses.link}
            aria-label={t('clinic.openBookingOf', { when })}
            to="/clinic/$clinicId/bookings/$bookingId"
            params={{ clinicId, bookingId }}
          >
            {t('clinic.openBooking')}
          </Link>
        )}
      />
    </Dialog>
  )
}

/** Asks first: the patient's place in the order is lost. */
function RemoveDialog({ entry, onClose }: { entry: WaitlistEntry; onClose: () => void }) {
  const { t } = useTranslation('waitlist')
  const { clinicId } = useClinic()
  const queryClient = useQueryClient()
  const name = isolated(entry.patient.name)
  const removing = useMutation({
    mutationFn: () => dataOf(api.leaveWaitlist({ path: { entryId: entry.id } })),
    onSuccess: async () => {
      onClose()
      toastDone({ message: t('clinic.removed', { name }) })
      await queryClient.invalidateQueries({ queryKey: clinicKey(clinicId) })
    },
  })
  return (
    <ConfirmDialog
      title={t('clinic.removeTitle')}
      isOpen
      onClose={onClose}
      confirm={t('clinic.remove')}
      onConfirm={() => removing.mutate()}
      back={t('clinic.removeBack')}
      isBusy={removing.isPending}
      error={removing.error}
    >
      <Text>{t('clinic.removeHelp', { name })}</Text>
    </ConfirmDialog>
  )
}
