import type { ListedClosure } from '@holdfast/contract/client'
import { Button, Group, Paper, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ConfirmDialog } from '../../ui/dialogs/confirm-dialog.tsx'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { toastDone } from '../../ui/toast.ts'
import { closedDays } from './closed-days.ts'
import { type BookingLinks, ClosureEffect } from './closure-effect.tsx'
import { ClosureForm } from './closure-form.tsx'
import { useClosureActions } from './closure-queries.ts'
import { useWhose } from './use-whose.ts'

type ListProps = {
  clinicId: string
  today: string
  closures: readonly ListedClosure[]
  /** The doctor whose closures alone can be changed; null: all can. */
  ownDoctorId: string | null
  links: BookingLinks
}

/** Closures to come, each with what can be done with it. */
export function ClosureList({ closures, ...rest }: ListProps) {
  const { t } = useTranslation('calendars')
  if (closures.length === 0) return <Text role="status">{t('closures.none')}</Text>
  return (
    <Stack gap="sm">
      {closures.map((closure) => (
        <ClosureCard key={closure.id} closure={closure} {...rest} />
      ))}
    </Stack>
  )
}

type CardProps = Omit<ListProps, 'closures'> & { closure: ListedClosure }

function ClosureCard({ closure, clinicId, today, ownDoctorId, links }: CardProps) {
  const { t } = useTranslation('calendars')
  const [opened, setOpened] = useState<'effect' | 'change' | 'remove' | null>(null)
  const { change, remove } = useClosureActions(clinicId)
  const { id, doctorId, yearly, note, isApplied } = closure
  const days = closedDays(closure)
  const whose = useWhose(closure, links)
  const isOfResource = closure.resourceId !== null
  const close = () => setOpened(null)
  const done = () => {
    close()
    toastDone({ message: t('closures.done') })
  }
  const of = `${days}, ${whose}`
  return (
    <Paper withBorder p="md" radius="lg">
      <Group justify="space-between" gap="sm">
        <div style={{ overflowWrap: 'anywhere' }}>
          <Text fw={600}>{yearly ? t('closures.eachYear', { day: days }) : days}</Text>
          <Text c="dimmed">
            <bdi>{whose}</bdi>
            {note === null ? null : (
              <>
                {' · '}
                <bdi>{note}</bdi>
              </>
            )}
          </Text>
          {isApplied ? null : <Text role="status">{t('closures.pending')}</Text>}
        </div>
        {ownDoctorId !== null && doctorId !== ownDoctorId ? null : (
          <Group gap="xs">
            {(['effect', 'change', 'remove'] as const).map((what) => (
              <Button
                key={what}
                size="sm"
                variant="default"
                aria-label={t(`closures.${what}Of`, { of })}
                onClick={() => setOpened(what)}
              >
                {t(`closures.${what}`)}
              </Button>
            ))}
          </Group>
        )}
      </Group>
      <Dialog isOpen={opened === 'effect'} onClose={close} title={t('closures.effectOf', { of })} size="lg">
        <ClosureEffect clinicId={clinicId} of={{ closureId: id }} isOfResource={isOfResource} links={links} />
      </Dialog>
      <Dialog isOpen={opened === 'change'} onClose={close} isForm title={t('closures.changeOf', { of })} size="lg">
        <ClosureForm
          {...{ clinicId, today, closure, ownDoctorId, links }}
          submitLabel={t('closures.change')}
          isBusy={change.isPending}
          error={change.error}
          onSubmit={({ from, to, note: changed = null }) =>
            change.mutate({ id, body: { from, to, note: changed } }, { onSuccess: done })
          }
        />
      </Dialog>
      <ConfirmDialog
        title={t('closures.removeOf', { of })}
        isOpen={opened === 'remove'}
        onClose={close}
        confirm={t('closures.remove')}
        isBusy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate(id, { onSuccess: done })}
      >
        <Text>{isOfResource ? t('closures.removeResourceHelp') : t('closures.removeHelp')}</Text>
      </ConfirmDialog>
    </Paper>
  )
}
