import { Button, Group, Stack, Text, Title } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { type ReactNode, useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ListTable } from '../../../ui/list-table.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'

type Resource = { id: string; name: string; active: boolean }

type ResourceSectionProps<Item extends Resource> = {
  title: string
  none: string
  /** The label of the button that adds one; absent: they are added elsewhere. */
  add?: string
  read: UseQueryResult<Item[]>
  /** What the list says about an item, under its name. */
  factsOf: (item: Item) => string
  /** @param item null: a new one */
  renderForm: (item: Item | null, onDone: () => void) => ReactNode
}

/** One kind of what cases need: a list, and a form to add or edit. */
export function ResourceSection<Item extends Resource>(props: ResourceSectionProps<Item>) {
  const { title, none, add, read, factsOf, renderForm } = props
  const { t } = useTranslation('theatre')
  const [edited, setEdited] = useState<Item | 'new' | null>(null)
  const id = useId()
  const close = () => setEdited(null)
  return (
    <section className={layoutClasses.panel} aria-labelledby={id}>
      <Stack gap="md">
        <Group justify="space-between">
          <Title order={2} size="h3" id={id}>
            {title}
          </Title>
          {add === undefined ? null : (
            <Button size="sm" onClick={() => setEdited('new')}>
              {add}
            </Button>
          )}
        </Group>
        {read.data === undefined ? (
          <LoadingOrError of={read} />
        ) : read.data.length === 0 ? (
          <Text c="dimmed">{none}</Text>
        ) : (
          <ResourceTable title={title} items={read.data} factsOf={factsOf} onEdit={setEdited} />
        )}
      </Stack>
      <Dialog
        isOpen={edited !== null}
        onClose={close}
        isForm
        size="lg"
        title={edited === null || edited === 'new' ? (add ?? title) : t('setup.editOf', { name: edited.name })}
      >
        {edited === null ? null : renderForm(edited === 'new' ? null : edited, close)}
      </Dialog>
    </section>
  )
}

type ResourceTableProps<Item extends Resource> = Pick<ResourceSectionProps<Item>, 'title' | 'factsOf'> & {
  items: readonly Item[]
  onEdit: (item: Item) => void
}

function ResourceTable<Item extends Resource>({ title, items, factsOf, onEdit }: ResourceTableProps<Item>) {
  const { t } = useTranslation('theatre')
  return (
    <ListTable caption={title} heads={[t('field.name'), t('setup.active'), t('setup.actions')]}>
      {items.map((item) => (
        <tr key={item.id} data-quiet={!item.active || undefined}>
          <td>
            <Text fw={600}>
              <bdi>{item.name}</bdi>
            </Text>
            <Text size="sm" c="dimmed">
              {factsOf(item)}
            </Text>
          </td>
          <td data-label={t('setup.active')}>{t(item.active ? 'setup.yes' : 'setup.no')}</td>
          <td>
            <Button
              size="sm"
              variant="default"
              aria-label={t('setup.editOf', { name: item.name })}
              onClick={() => onEdit(item)}
            >
              {t('setup.edit')}
            </Button>
          </td>
        </tr>
      ))}
    </ListTable>
  )
}
