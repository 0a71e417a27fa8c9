import { Badge, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import layoutClasses from '../../../ui/layout.module.css'
import { LinkButton } from '../../../ui/link-button.tsx'
import { toastDone, toastFailed } from '../../../ui/toast.ts'
import { invitationsQuery } from '../invitations-query.ts'
import { membersQuery } from '../members-query.ts'
import { newestEventsQuery } from '../newest-events-query.ts'
import { useClinic } from '../use-clinic.ts'
import classes from './dashboard.module.css'

/** What a clinic needs before patients can book. Shown until somebody has booked. */
export function FirstSteps() {
  const { t } = useTranslation('admin')
  const { clinicId, clinic, doctors } = useClinic()
  const newest = useQuery(newestEventsQuery(clinicId, 1, true)).data
  const isEmpty = newest?.length === 0
  const members = useQuery({ ...membersQuery(clinicId), enabled: isEmpty }).data ?? []
  const invitations = useQuery({ ...invitationsQuery(clinicId), enabled: isEmpty }).data ?? []
  if (!isEmpty) return null
  const params = { clinicId }
  const hasTimes = doctors.some(({ nextAvailableAt }) => nextAvailableAt !== null)
  return (
    <section className={layoutClasses.panel} aria-labelledby="first-steps">
      <Stack gap="md">
        <div>
          <Title order={2} size="h3" id="first-steps">
            {t('steps.title')}
          </Title>
          <Text c="dimmed">{t('steps.help')}</Text>
        </div>
        <ol className={classes.steps}>
          <Step name="clinic" isDone={clinic.phone !== null && clinic.address !== null}>
            <LinkButton size="sm" variant="default" to="/clinic/$clinicId/settings" params={params}>
              {t('steps.clinic.action')}
            </LinkButton>
          </Step>
          <Step name="doctor" isDone={doctors.length > 0}>
            <LinkButton size="sm" variant="default" to="/clinic/$clinicId/doctors" params={params}>
              {t('steps.doctor.action')}
            </LinkButton>
          </Step>
          <Step name="times" isDone={hasTimes}>
            <LinkButton size="sm" variant="default" to="/clinic/$clinicId/times" params={params} search={{}}>
              {t('steps.times.action')}
            </LinkButton>
          </Step>
          <Step name="people" isDone={members.length > 1 || invitations.length > 0}>
            <LinkButton size="sm" variant="default" to="/clinic/$clinicId/people" params={params} search={{}}>
              {t('steps.people.action')}
            </LinkButton>
          </Step>
          <Step name="link" isDone={false}>
            <PublicLink clinicId={clinicId} />
          </Step>
        </ol>
      </Stack>
    </section>
  )
}

type StepProps = { name: 'clinic' | 'doctor' | 'times' | 'people' | 'link'; isDone: boolean; children: ReactNode }

function Step({ name, isDone, children }: StepProps) {
  const { t } = useTranslation('admin')
  return (
    <li>
      <Group justify="space-between" gap="sm">
        <div>
          <Group gap="xs">
            <Text fw={600}>{t(`steps.${name}.title`)}</Text>
            {isDone ? (
              <Badge variant="light" tt="none">
                {t('steps.done')}
              </Badge>
            ) : null}
          </Group>
          <Text size="sm" c="dimmed">
            {t(`steps.${name}.help`)}
          </Text>
        </div>
        {children}
      </Group>
    </li>
  )
}

/** The page where patients find this clinic's doctors. */
function PublicLink({ clinicId }: { clinicId: string }) {
  const { t } = useTranslation('admin')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(`${window.location.origin}/?clinicId=${clinicId}`)
      toastDone({ message: t('steps.link.copied') })
    } catch {
      // Not permitted, or not available over plain HTTP: the page's address can be copied.
      toastFailed({ message: t('steps.link.copyFailed') })
    }
  }
  return (
    <Group gap="xs">
      <Button size="sm" variant="default" onClick={copy}>
        {t('steps.link.action')}
      </Button>
      <LinkButton size="sm" variant="default" to="/" search={{ clinicId }}>
        {t('steps.link.open')}
      </LinkButton>
    </Group>
  )
}
