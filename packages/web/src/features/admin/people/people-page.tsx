import type { Member } from '@holdfast/contract/client'
import { Button, Group, NativeSelect, Popover, Stack, Text, TextInput, Title } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Role } from '../../../lib/session.ts'
import { ErrorState } from '../../../ui/error-state.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { PageLoading } from '../../../ui/page-loading.tsx'
import { PageTitle } from '../../../ui/page-title.tsx'
import tableClasses from '../../../ui/table.module.css'
import { useClinic } from '../use-clinic.ts'
import { membersQuery } from './members-query.ts'
import { usePutMember, useRemoveMember } from './use-members.tsx'

const roles: readonly Role[] = ['staff', 'doctor', 'admin']

/** The members of the clinic and their roles. */
export function PeoplePage() {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const members = useQuery(membersQuery(clinicId))
  return (
    <Stack gap="lg">
      <div>
        <PageTitle>{t('tabs.people')}</PageTitle>
        <Text c="dimmed">{t('people.intro')}</Text>
      </div>
      <AddMember />
      {members.data === undefined ? (
        members.isError ? (
          <ErrorState error={members.error} retry={() => void members.refetch()} />
        ) : (
          <PageLoading />
        )
      ) : members.data.length === 0 ? (
        <Text role="status" c="dimmed">
          {t('people.none')}
        </Text>
      ) : (
        <MembersTable members={members.data} />
      )}
    </Stack>
  )
}

function AddMember() {
  const { t } = useTranslation('admin')
  const { doctors } = useClinic()
  const put = usePutMember()
  const form = useForm<{ email: string; role: Role; doctorId: string }>({
    initialValues: { email: '', role: 'staff', doctorId: doctors[0]?.id ?? '' },
    validate: { doctorId: (id, draft) => (draft.role === 'doctor' && id === '' ? t('doctors.none') : null) },
  })
  const { role } = form.getValues()
  return (
    <section className={layoutClasses.panel} aria-labelledby="add-member">
      <Title order={2} size="h3" mb="md" id="add-member">
        {t('people.add')}
      </Title>
      <form
        onSubmit={form.onSubmit(({ email, doctorId }) => {
          const member = { email: email.trim(), role, ...(role === 'doctor' ? { doctorId } : {}) }
          put.mutate(member, { onSuccess: () => form.setFieldValue('email', '') })
        })}
      >
        <Stack gap="md">
          <div className={layoutClasses.fields}>
            <TextInput
              type="email"
              label={t('field.email')}
              description={t('people.emailHelp')}
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              required
              maxLength={254}
              autoComplete="off"
              {...form.getInputProps('email')}
            />
            <NativeSelect
              label={t('people.role')}
              description={t(`roleHelp.${role}`)}
              inputWrapperOrder={['label', 'input', 'description', 'error']}
              data={roles.map((one) => ({ value: one, label: t(`role.${one}`) }))}
              {...form.getInputProps('role')}
            />
            {role === 'doctor' ? (
              <NativeSelect
                label={t('people.calendar')}
                {...form.getInputProps('doctorId')}
                error={doctors.length === 0 ? t('doctors.none') : form.errors.doctorId}
                data={doctors.map(({ id, name }) => ({ value: id, label: name }))}
              />
            ) : null}
          </div>
          {put.isError ? <ErrorState error={put.error} /> : null}
          <Group>
            <Button type="submit" loading={put.isPending}>
              {t('people.submit')}
            </Button>
          </Group>
        </Stack>
      </form>
    </section>
  )
}

function MembersTable({ members }: { members: readonly Member[] }) {
  const { t } = useTranslation('admin')
  const { doctors } = useClinic()
  return (
    <table className={tableClasses.table}>
      <caption className={tableClasses.caption}>{t('tabs.people')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('field.name')}</th>
          <th scope="col">{t('people.role')}</th>
          <th scope="col">{t('people.calendar')}</th>
          <th scope="col">{t('doctors.actions')}</th>
        </tr>
      </thead>
      <tbody>
        {members.map((member) => (
          <tr key={member.accountId}>
            <td>
              <Text fw={600}>{member.name ?? t('people.deletedAccount')}</Text>
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
      </tbody>
    </table>
  )
}

/** The role `doctor` needs a calendar, which is chosen in the form above; so it is not offered here to others. */
function RoleSelect({ member }: { member: Member }) {
  const { t } = useTranslation('admin')
  const put = usePutMember()
  const { email } = member
  const offered = member.role === 'doctor' ? roles : roles.filter((role) => role !== 'doctor')
  if (email === null) return t(`role.${member.role}`)
  return (
    <NativeSelect
      size="sm"
      maw="13rem"
      aria-label={t('people.roleOf', { name: member.name })}
      value={put.isPending ? put.variables.role : member.role}
      disabled={put.isPending}
      onChange={({ currentTarget }) => {
        const role = offered.find((one) => one === currentTarget.value)
        if (role !== undefined && role !== 'doctor') put.mutate({ email, role }, { onError: put.showError })
      }}
      data={offered.map((one) => ({ value: one, label: t(`role.${one}`) }))}
    />
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
        <Button
          size="sm"
          variant="default"
          loading={remove.isPending}
          aria-label={t('people.removeOf', { name })}
          onClick={() => setOpen(!isOpen)}
        >
          {t('people.remove')}
        </Button>
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
