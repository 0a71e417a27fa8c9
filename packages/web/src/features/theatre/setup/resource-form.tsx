import { Checkbox, Group, Stack, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { createRequestKeys } from '../../../lib/api/request-keys.ts'
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
  create: (name: string, key: string) => Promise<unknown>
  update: (common: CommonFields) => Promise<unknown>
  onDone: () => void
  /** More about a refused change than its title and help. */
  explain?: (error: unknown) => ReactNode
  children: ReactNode
}

/** The name of a room, person or kind of equipment, its own fields, and whether it takes new cases. */
export function ResourceForm({ item, fields, create, update, onDone, explain, children }: ResourceFormProps) {
  const { t } = useTranslation('theatre')
  const { reread } = useTheatre()
  const [typed, setName] = useState(item?.name ?? '')
  const [active, setActive] = useState(item?.active ?? true)
  const [requestKeys] = useState(createRequestKeys)
  const name = typed.trim()
  const saving = useMutation({
    mutationFn: () =>
      item === null ? create(name, requestKeys.keyFor({ name, ...fields })) : update({ name, active }),
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
        saving.mutate()
      }}
    >
      <Stack gap="md">
        <TextInput
          label={t('field.name')}
          required
          maxLength={200}
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
        {saving.isError ? explain?.(saving.error) : null}
        <Group>
          <ActionButton type="submit" isBusy={saving.isPending} disabled={name === ''}>
            {t('save')}
          </ActionButton>
        </Group>
      </Stack>
    </form>
  )
}
