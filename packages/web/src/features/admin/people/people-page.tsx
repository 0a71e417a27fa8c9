import type { CreatedInvitation, Member } from '@holdfast/contract/client'
import { Button, NativeSelect, Popover, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { PasswordDialog } from '../../../domain/password/password-dialog.tsx'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { PageHead } from '../../../ui/focus/page-head.tsx'
import { ListTable } from '../../../ui/list-table.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { membersQuery } from '../shared/members/members-query.ts'
import { roles } from '../shared/members/roles.ts'
import { useClinic } from '../use-clinic.ts'
import { InvitationLink, InvitePerson } from './invite-person.tsx'
import { OpenInvitations } from './open-invitations.tsx'
import { useChangeMember, useRemoveMember } from './use-members.ts'

const route = getRouteApi('/clinic/$clinicId/people')

/** The members of the clinic and their roles, and the open invitations. */
export function PeoplePage() {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const { doctorId } = route.useSearch()
  const members = useQuery(membersQuery(clinicId))
  const [created, setCreated] = useState<CreatedInvitation | null>(null)
  return (
    <Stack gap="lg">
      <PageHead title={t('tabs.people')} intro={t('people.intro')} />
      <InvitePerson key={doctorId ?? ''} doctorId={doctorId} onInvited={setCreated} />
      {created === null ? null : <InvitationLink key={created.id} invitation={created} />}
      {members.data === undefined ? (
        <LoadingOrError of={members} />
      ) : members.data.length === 0 ? (
        <Text role="status" c="dimmed">
          {t('people.none')}
        </Text>
      ) : (
        <MembersTable members={members.data} />
      )}
      <OpenInvitations
        onInvited={setCreated}
        onRevoked={(id) => setCreated((shown) => (shown?.id === id ? null : shown))}
      />
    </Stack>
  )
}

function MembersTable({ members }: { members: readonly Member[] }) {
  const { t } = useTranslation('admin')
  const { doctors } = useClinic()
  return (
    <ListTable
      caption={t('tabs.people')}
      heads={[t('field.name'), t('people.role'), t('people.calendar'), t('doctors.actions')]}
    >
      {members.map((member) => (
        <tr key={member.accountId}>
          <td>
            <Text fw={600}>
              <bdi>{member.name ?? t('people.deletedAccount')}</bdi>
            </Text>
            <Text size="sm" c="dimmed">
              <bdi>{member.email}</bdi>
            </Text>
          </td>
          <td>
            <RoleSelect member={member} />
          </td>
          <td data-label={t('people.calendar')}>{doctors.find(({ id }) => id === member.doctorId)?.name ?? '–'}</td>
          <td>
            <RemoveMember member={member} />
          </td>
        </tr>
      ))}
    </ListTable>
  )
}

/** The role `doctor` needs a calendar, which is chosen in an invitation; so it is not offered here to others. */
function RoleSelect({ member }: { member: Member }) {
  const { t } = useTranslation('admin')
  const change = useChangeMember(member)
  const offered = member.role === 'doctor' ? roles : roles.filter((role) => role !== 'doctor')
  return (
    <>
      <NativeSelect
        size="sm"
        maw="13rem"
        aria-label={t('people.roleOf', { name: member.name ?? t('people.deletedAccount') })}
        value={change.isPending ? change.variables.role : member.role}
        onChange={({ currentTarget }) => {
          const role = offered.find((one) => one === currentTarget.value)
          // The field is not disabled meanwhile, because it would lose the focus.
          if (role !== undefined && role !== 'doctor' && !change.isPending) change.mutate({ role })
        }}
        data={offered.map((one) => ({ value: one, label: t(`role.${one}`) }))}
      />
      <PasswordDialog of={change} send={change.mutate} />
    </>
  )
}

function RemoveMember({ member }: { member: Member }) {
  const { t } = useTranslation('admin')
  const [isOpen, setOpen] = useState(false)
  const remove = useRemoveMember(member)
  const name = member.name ?? t('people.deletedAccount')
  return (
    <Popover opened={isOpen} onChange={setOpen} trapFocus returnFocus width={260} position="bottom-end" shadow="md">
      <Popover.Target>
        <ActionButton
          size="sm"
          variant="default"
          isBusy={remove.isPending}
          aria-label={t('people.removeOf', { name })}
          onClick={() => setOpen(!isOpen)}
        >
          {t('people.remove')}
        </ActionButton>
      </Popover.Target>
      <Popover.Dropdown aria-label={t('people.removeOf', { name })}>
        <Stack gap="sm">
          <Text size="sm">{t('people.removeHelp', { name })}</Text>
          <Button
            size="sm"
            color="red"
            onClick={() => {
              setOpen(false)
              remove.mutate()
            }}
          >
            {t('people.remove')}
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
