import type { CreatedInvitation, Invitation, NewInvitation } from '@holdfast/contract/client'
import { Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { PasswordDialog, useShowErrorBesidePassword } from '../../../domain/password/password-dialog.tsx'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import { isolated } from '../../../lib/i18n/isolated.ts'
import { ActionButton } from '../../../ui/buttons/action-button.tsx'
import { ConfirmDialog } from '../../../ui/dialogs/confirm-dialog.tsx'
import { ListTable } from '../../../ui/list-table.tsx'
import { LoadingOrError } from '../../../ui/states/loading-or-error.tsx'
import { invitationsQuery } from '../shared/members/invitations-query.ts'
import { useClinic } from '../use-clinic.ts'
import { useInvite, useRevokeInvitation } from './use-invitations.ts'

type OpenInvitationsProps = {
  /** Receives the invitation that replaces one of these, with its link. */
  onInvited(invitation: CreatedInvitation): void
  onRevoked(invitationId: string): void
}

/** The invitations that nobody has accepted yet. */
export function OpenInvitations(callbacks: OpenInvitationsProps) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const invitations = useQuery(invitationsQuery(clinicId))
  return (
    <Stack gap="sm" component="section" aria-labelledby="open-invitations">
      <Title order={2} size="h3" id="open-invitations">
        {t('people.open')}
      </Title>
      {invitations.data === undefined ? (
        <LoadingOrError of={invitations} />
      ) : invitations.data.length === 0 ? (
        <Text role="status" c="dimmed">
          {t('people.openNone')}
        </Text>
      ) : (
        <InvitationsTable invitations={invitations.data} {...callbacks} />
      )}
    </Stack>
  )
}

type InvitationsTableProps = OpenInvitationsProps & { invitations: readonly Invitation[] }

function InvitationsTable({ invitations, ...callbacks }: InvitationsTableProps) {
  const { t } = useTranslation('admin')
  const { doctors, timeZone } = useClinic()
  return (
    <ListTable
      caption={t('people.open')}
      heads={[t('field.email'), t('people.role'), t('people.calendar'), t('people.expires'), t('doctors.actions')]}
    >
      {invitations.map((invitation) => (
        <tr key={invitation.id}>
          <td>
            <bdi>{invitation.email}</bdi>
            {invitation.invitedByName === null ? null : (
              <Text size="sm" c="dimmed">
                {t('people.invitedBy', { name: invitation.invitedByName })}
              </Text>
            )}
          </td>
          <td data-label={t('people.role')}>{t(`role.${invitation.role}`)}</td>
          <td data-label={t('people.calendar')}>{doctors.find(({ id }) => id === invitation.doctorId)?.name ?? '–'}</td>
          <td data-label={t('people.expires')}>{formatDayTime(invitation.expiresAt, timeZone)}</td>
          <td>
            <InvitationActions invitation={invitation} {...callbacks} />
          </td>
        </tr>
      ))}
    </ListTable>
  )
}

function InvitationActions({ invitation, onInvited, onRevoked }: OpenInvitationsProps & { invitation: Invitation }) {
  const { t } = useTranslation('admin')
  const invite = useInvite()
  const onError = useShowErrorBesidePassword()
  const revoke = useRevokeInvitation(invitation)
  const [isAsking, setAsking] = useState(false)
  const { id, email, role, doctorId } = invitation
  const send = (body: NewInvitation) => invite.mutate(body, { onSuccess: onInvited, onError })
  return (
    <Group gap="xs">
      <ActionButton
        size="sm"
        variant="default"
        isBusy={invite.isPending}
        aria-label={t('people.renewOf', { email })}
        onClick={() => send({ email, role, ...(doctorId === null ? {} : { doctorId }) })}
      >
        {t('people.renew')}
      </ActionButton>
      <ActionButton
        size="sm"
        variant="default"
        isBusy={revoke.isPending}
        aria-label={t('people.revokeOf', { email })}
        onClick={() => setAsking(true)}
      >
        {t('people.revoke')}
      </ActionButton>
      <ConfirmDialog
        title={t('people.revokeTitle')}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        confirm={t('people.revoke')}
        onConfirm={() => {
          setAsking(false)
          revoke.mutate(undefined, { onSuccess: () => onRevoked(id) })
        }}
      >
        <Text>{t('people.revokeHelp', { email: isolated(email) })}</Text>
      </ConfirmDialog>
      <PasswordDialog of={invite} send={send} />
    </Group>
  )
}
