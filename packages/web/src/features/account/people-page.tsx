import type { AccountPerson } from '@holdfast/contract/client'
import { accountPeopleMax } from '@holdfast/vocabulary'
import { Button, Group, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { myPeopleQuery } from '../../domain/people/my-people-query.ts'
import { PersonFacts } from '../../domain/people/person-facts.tsx'
import { api, dataOf } from '../../lib/api/api.ts'
import { useSession } from '../../lib/session/session.ts'
import { ConfirmDialog } from '../../ui/dialogs/confirm-dialog.tsx'
import { Dialog } from '../../ui/dialogs/dialog.tsx'
import { PageHead } from '../../ui/focus/page-head.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { PageLoading } from '../../ui/states/page-loading.tsx'
import { SessionFailed } from '../../ui/states/session-failed.tsx'
import { SignInFirst } from '../../ui/states/sign-in-first.tsx'
import { toastDone } from '../../ui/toast.ts'
import { PersonForm } from './person-form.tsx'

type Opened = { kind: 'add' } | { kind: 'edit' | 'remove'; person: AccountPerson }

/** The people whom the owner of the account books for: adding, correcting and removing them. */
export function PeoplePage() {
  const { t } = useTranslation('people')
  const session = useSession()
  if (session.kind === 'unknown') return <PageLoading />
  if (session.kind === 'failed') return <SessionFailed title={t('title')} session={session} />
  if (session.kind === 'guest') return <SignInFirst title={t('title')} />
  return (
    <Stack gap="lg" maw="44rem">
      <PageHead title={t('title')} intro={t('intro')} />
      <People />
    </Stack>
  )
}

function People() {
  const { t } = useTranslation('people')
  const people = useQuery(myPeopleQuery)
  const [opened, setOpened] = useState<Opened | null>(null)
  const close = () => setOpened(null)
  if (people.data === undefined) return <LoadingOrError of={people} />
  return (
    <>
      {people.data.length === 0 ? <Text c="dimmed">{t('none')}</Text> : null}
      <Stack component="ul" gap="sm" m={0} p={0} style={{ listStyle: 'none' }}>
        {people.data.map((person) => (
          <PersonItem key={person.id} person={person} onOpen={(kind) => setOpened({ kind, person })} />
        ))}
      </Stack>
      {people.data.length < accountPeopleMax ? (
        <Group>
          <Button onClick={() => setOpened({ kind: 'add' })}>{t('add')}</Button>
        </Group>
      ) : (
        <Text>{t('full', { max: accountPeopleMax })}</Text>
      )}
      <Dialog
        isForm
        isOpen={opened !== null && opened.kind !== 'remove'}
        onClose={close}
        title={t(opened?.kind === 'edit' ? 'editTitle' : 'addTitle')}
      >
        {opened === null || opened.kind === 'remove' ? null : (
          <PersonForm person={opened.kind === 'edit' ? opened.person : null} onDone={close} />
        )}
      </Dialog>
      <RemovePerson person={opened?.kind === 'remove' ? opened.person : null} onClose={close} />
    </>
  )
}

type PersonItemProps = { person: AccountPerson; onOpen: (kind: 'edit' | 'remove') => void }

function PersonItem({ person, onOpen }: PersonItemProps) {
  const { t } = useTranslation('people')
  const { name } = person
  return (
    <Group component="li" justify="space-between" gap="sm" className={layoutClasses.panel}>
      <div>
        <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
          <bdi>{name}</bdi>
        </Text>
        <Text size="sm" c="dimmed">
          <PersonFacts of={person} />
        </Text>
      </div>
      <Group gap="xs">
        <Button size="sm" variant="default" aria-label={t('editOf', { name })} onClick={() => onOpen('edit')}>
          {t('edit')}
        </Button>
        <Button size="sm" variant="default" aria-label={t('removeOf', { name })} onClick={() => onOpen('remove')}>
          {t('remove')}
        </Button>
      </Group>
    </Group>
  )
}

/** `person` null: nobody is to be removed. */
function RemovePerson({ person, onClose }: { person: AccountPerson | null; onClose: () => void }) {
  const { t } = useTranslation('people')
  const queryClient = useQueryClient()
  const remove = useMutation({
    mutationFn: (personId: string) => dataOf(api.deleteMyPerson({ path: { personId } })),
    onSuccess: () => {
      toastDone({ message: t('removed') })
      onClose()
    },
    onSettled: () => queryClient.invalidateQueries(myPeopleQuery),
  })
  const close = () => {
    remove.reset()
    onClose()
  }
  return (
    <ConfirmDialog
      title={t('removeTitle')}
      isOpen={person !== null}
      onClose={close}
      confirm={t('remove')}
      isBusy={remove.isPending}
      error={remove.error}
      onConfirm={() => {
        if (person !== null) remove.mutate(person.id)
      }}
    >
      <Text fw={600}>
        <bdi>{person?.name}</bdi>
      </Text>
      <Text>{t('removeHelp')}</Text>
    </ConfirmDialog>
  )
}
