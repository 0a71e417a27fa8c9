import type { CreatedInvitation, NewInvitation } from '@holdfast/contract/client'
import type { Role } from '@holdfast/vocabulary'
import { lengths } from '@holdfast/vocabulary'
import { NativeSelect, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { errorBesidePassword, PasswordDialog } from '../../../domain/password/password-dialog.tsx'
import { formatDayTime } from '../../../lib/i18n/format.ts'
import layoutClasses from '../../../ui/layout.module.css'
import { Panel } from '../../../ui/panel.tsx'
import { SaveButton } from '../../../ui/save-button.tsx'
import { roles } from '../shared/members/roles.ts'
import { NewSecret } from '../shared/new-secret.tsx'
import { useClinic } from '../use-clinic.ts'
import { useInvite } from './use-invitations.ts'

type InvitePersonProps = {
  /** The doctor whom the page was opened for. */
  doctorId: string | undefined
  /** Receives the invitation with its link. */
  onInvited(invitation: CreatedInvitation): void
}

/** Creates an invitation, and then shows its link. */
export function InvitePerson({ doctorId: wantedId, onInvited }: InvitePersonProps) {
  const { t } = useTranslation('admin')
  const { doctors } = useClinic()
  const invite = useInvite()
  const wanted = doctors.find(({ id }) => id === wantedId)
  // If there are several doctors, none is preselected: a person who gets a calendar sees its patients.
  const only = doctors.length === 1 ? doctors[0] : undefined
  const form = useForm<{ email: string; role: Role; doctorId: string }>({
    initialValues: {
      email: '',
      role: wanted === undefined ? 'staff' : 'doctor',
      doctorId: (wanted ?? only)?.id ?? '',
    },
    validate: { doctorId: (id, draft) => (draft.role === 'doctor' && id === '' ? t('people.chooseDoctor') : null) },
  })
  const { role } = form.getValues()
  const error = errorBesidePassword(invite.error)
  const send = (body: NewInvitation) =>
    invite.mutate(body, {
      onSuccess: (invitation) => {
        form.setFieldValue('email', '')
        onInvited(invitation)
      },
    })
  const submit = form.onSubmit(({ email, doctorId }) =>
    send({ email: email.trim(), role, ...(role === 'doctor' ? { doctorId } : {}) }),
  )
  return (
    <Panel id="invite-person" title={t('people.invite')}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <div className={layoutClasses.fields}>
            <TextInput
              type="email"
              label={t('field.email')}
              description={t('people.emailHelp')}
              required
              maxLength={lengths.email}
              autoComplete="off"
              {...form.getInputProps('email')}
            />
            <NativeSelect
              label={t('people.role')}
              description={t(`roleHelp.${role}`)}
              data={roles.map((one) => ({ value: one, label: t(`role.${one}`) }))}
              {...form.getInputProps('role')}
            />
            {role === 'doctor' ? (
              <NativeSelect
                label={t('people.calendar')}
                {...form.getInputProps('doctorId')}
                error={doctors.length === 0 ? t('doctors.none') : form.errors.doctorId}
                data={[
                  ...(doctors.length === 1 ? [] : [{ value: '', label: t('people.chooseDoctor') }]),
                  ...doctors.map(({ id, name }) => ({ value: id, label: name })),
                ]}
              />
            ) : null}
          </div>
          <SaveButton of={{ isError: error !== null, error, isPending: invite.isPending }} label={t('people.submit')} />
        </Stack>
      </form>
      <PasswordDialog of={invite} send={send} />
    </Panel>
  )
}

/** The link of a new invitation. */
export function InvitationLink({ invitation }: { invitation: CreatedInvitation }) {
  const { t } = useTranslation('admin')
  const { timeZone } = useClinic()
  const [isCopied, setCopied] = useState(false)
  const { email, role, expiresAt, needsConfirmedEmail } = invitation
  const help = { role: t(`role.${role}`), time: formatDayTime(expiresAt, timeZone) }
  // This page's origin, at which the admin evidently reaches the server.
  const link = `${window.location.origin}/invitation${new URL(invitation.link).hash}`
  return (
    <NewSecret
      id="invitation-link"
      title={t('people.linkTitle', { email })}
      help={needsConfirmedEmail ? t('people.linkHelp', help) : t('people.linkHelpAnyone', help)}
      value={link}
      label={t('people.link')}
      button={t('people.copy')}
      variant={isCopied ? 'default' : 'filled'}
      copied={t('people.copied')}
      failed={t('people.copyFailed')}
      onCopied={() => setCopied(true)}
    />
  )
}
