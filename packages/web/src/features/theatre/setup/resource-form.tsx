import { lengths } from '@holdfast/vocabulary'
import { Checkbox, Group, List, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { RefusedError } from '../../../lib/api/api-error.ts'
import { type RequestKeys, useRequestKeys } from '../../../lib/api/request-keys.ts'
import { formatAppointment, formatNumber } from '../../../lib/i18n/format.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { ErrorState } from '../../../ui/states/error-state.tsx'
import { toastDone } from '../../../ui/toast.ts'
import { useTheatre } from '../use-theatre.ts'

export type CommonFields = { name: string; active: boolean }

type ResourceFormProps = {
  /** null: a new one. */
  item: CommonFields | null
  /** Everything else that the request depends on. */
  fields: object
  /** Sends a new one. @param key of the request, the same if it is sent again */
  create: (name: string, headers: ReturnType<RequestKeys['headersFor']>) => Promise<unknown>
  /** @param query `withCases`: it may be made inactive while cases have it */
  update: (common: CommonFields, query: { withCases?: true }) => Promise<unknown>
  onDone: () => void
  children: ReactNode
}

/** The name of a room, person or kind of equipment, its own fields, and whether it takes new cases. */
export function ResourceForm({ item, fields, create, update, onDone, children }: ResourceFormProps) {
  const { t } = useTranslation('theatre')
  const { reread } = useTheatre()
  const [typed, setName] = useState(item?.name ?? '')
  const [active, setActive] = useState(item?.active ?? true)
  const requestKeys = useRequestKeys()
  const name = typed.trim()
  const saving = useMutation({
    mutationFn: (withCases: boolean) =>
      item === null
        ? create(name, requestKeys.headersFor({ name, ...fields }))
        : update({ name, active }, withCases ? { withCases } : {}),
    onSuccess: () => {
      toastDone({ message: t('setup.saved', { name }) })
      onDone()
    },
    onSettled: reread,
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        saving.mutate(false)
      }}
    >
      <Stack gap="md">
        <TextInput
          label={t('field.name')}
          required
          maxLength={lengths.name}
          dir="auto"
          data-autofocus
          value={typed}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        {children}
        {item === null ? null : (
          <Checkbox
            label={t('setup.takesCases')}
            description={t('setup.takesCasesHelp')}
            checked={active}
            onChange={({ currentTarget }) => setActive(currentTarget.checked)}
          />
        )}
        {saving.isError ? <ErrorState error={saving.error} /> : null}
        {saving.isError ? <Uses error={saving.error} /> : null}
        <Group>
          {saving.error instanceof RefusedError && saving.error.problem.code === 'resource_in_use' ? (
            <ActionButton variant="default" isBusy={saving.isPending} onClick={() => saving.mutate(true)}>
              {t('setup.saveAnyway')}
            </ActionButton>
          ) : null}
          <ActionButton type="submit" isBusy={saving.isPending} disabled={name === ''}>
            {t('save')}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  )
}

/** When cases have it, or the units that there would be no longer. */
function Uses({ error }: { error: unknown }) {
  const { t } = useTranslation('theatre')
  const { timeZone } = useTheatre()
  const conflicts = error instanceof RefusedError ? (error.problem.conflicts ?? []) : []
  if (conflicts.length === 0) return null
  return (
    <List role="list">
      {conflicts.map(({ caseId, kind, unit, from, to }) =>
        from === undefined || to === undefined ? null : (
          <List.Item key={`${caseId} ${unit}`}>
            {kind === 'equipment'
              ? t('setup.unitInUse', { time: formatAppointment(from, to, timeZone), unit: formatNumber(unit ?? 1) })
              : formatAppointment(from, to, timeZone)}
          </List.Item>
        ),
      )}
    </List>
  )
}
