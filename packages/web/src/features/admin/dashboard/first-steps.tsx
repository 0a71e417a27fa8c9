import { Badge, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { copyText } from '../../../ui/copy-text.ts'
import { focusPageTitle } from '../../../ui/focus/page-focus.ts'
import layoutClasses from '../../../ui/layout.module.css'
import { toastDone, toastFailed } from '../../../ui/toast.ts'
import { dashboardEvents, newestEventsQuery } from '../shared/booking/newest-events-query.ts'
import { invitationsQuery } from '../shared/members/invitations-query.ts'
import { membersQuery } from '../shared/members/members-query.ts'
import { useClinic } from '../use-clinic.ts'
import classes from './dashboard.module.css'

type FirstStepsState = {
  /** The steps are known. Before that, what is under them would move down when they appear. */
  isRead: boolean
  /** null: nothing to show, because all is done or somebody hid them. */
  isDone: Done | null
  hide: () => void
  linkCopied: () => void
}

/** Whether a clinic has what it needs before patients can book. */
export function useFirstSteps(): FirstStepsState {
  const { clinicId } = useClinic()
  const { isHidden, hide, isLinkCopied, linkCopied } = useOwnProgress(clinicId)
  const { isRead, done } = useDone(clinicId, !isHidden)
  const isDone = done === null ? null : { ...done, link: done.link || isLinkCopied }
  const isShown = !isHidden && isDone !== null && !Object.values(isDone).every(Boolean)
  return { isRead: isHidden || isRead, isDone: isShown ? isDone : null, hide, linkCopied }
}

type FirstStepsProps = Pick<FirstStepsState, 'hide' | 'linkCopied'> & { isDone: Done }

/** What a clinic needs before patients can book. */
export function FirstSteps({ isDone, hide, linkCopied }: FirstStepsProps) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  const params = { clinicId }
  return (
    <section className={layoutClasses.panel} aria-labelledby="first-steps">
      <Stack gap="md">
        <Group justify="space-between" align="flex-start" gap="sm">
          <div>
            <Title order={2} size="h3" id="first-steps">
              {t('steps.title')}
            </Title>
            <Text c="dimmed">{t('steps.help')}</Text>
          </div>
          <Button
            size="sm"
            variant="default"
            onClick={() => {
              hide()
              focusPageTitle()
            }}
          >
            {t('steps.dismiss')}
          </Button>
        </Group>
        <ol className={classes.steps}>
          <Step name="clinic" isDone={isDone.clinic}>
            <LinkButton size="sm" variant="default" to="/clinic/$clinicId/settings" params={params}>
              {t('steps.clinic.action')}
            </LinkButton>
          </Step>
          <Step name="doctor" isDone={isDone.doctor}>
            <LinkButton
              size="sm"
              variant="default"
              to="/clinic/$clinicId/doctors"
              params={params}
              search={{ add: true }}
            >
              {t('steps.doctor.action')}
            </LinkButton>
          </Step>
          <Step name="times" isDone={isDone.times}>
            <Group gap="xs">
              <LinkButton size="sm" variant="default" to="/clinic/$clinicId/times" params={params} search={{}}>
                {t('steps.times.action')}
              </LinkButton>
              <LinkButton size="sm" variant="default" to="/clinic/$clinicId/visit-types" params={params}>
                {t('tabs.visitTypes')}
              </LinkButton>
              <LinkButton size="sm" variant="default" to="/clinic/$clinicId/working-hours" params={params} search={{}}>
                {t('tabs.workingHours')}
              </LinkButton>
            </Group>
          </Step>
          <Step name="people" isDone={isDone.people}>
            <LinkButton size="sm" variant="default" to="/clinic/$clinicId/people" params={params} search={{}}>
              {t('steps.people.action')}
            </LinkButton>
          </Step>
          <Step name="link" isDone={isDone.link}>
            <PublicLink clinicId={clinicId} onCopied={linkCopied} />
          </Step>
        </ol>
      </Stack>
    </section>
  )
}

/** What this browser knows: whether the steps were hidden, and whether the public link was copied. */
function useOwnProgress(clinicId: string) {
  const [progress, setProgress] = useLocalStorage<'none' | 'linked' | 'hidden'>({
    key: `holdfast-first-steps-${clinicId}`,
    defaultValue: 'none',
    getInitialValueInEffect: false,
  })
  return {
    isHidden: progress === 'hidden',
    hide: () => setProgress('hidden'),
    isLinkCopied: progress === 'linked',
    linkCopied: () => setProgress('linked'),
  }
}

/**
 * Which steps are done; null while that is not known, and when it could not be read. In a clinic where somebody has
 * booked, patients have found times and the link.
 */
function useDone(clinicId: string, enabled: boolean): { isRead: boolean; done: Done | null } {
  const { clinic, doctors } = useClinic()
  const newest = useQuery({ ...newestEventsQuery(clinicId, dashboardEvents, true), enabled })
  const members = useQuery({ ...membersQuery(clinicId), enabled })
  const invitations = useQuery({ ...invitationsQuery(clinicId), enabled })
  // A query without data is pending again at each attempt: what is shown already must stay.
  const isRead = [newest, members, invitations].every(({ isFetched, failureCount }) => isFetched || failureCount > 0)
  if (newest.data === undefined || members.data === undefined || invitations.data === undefined) {
    return { isRead, done: null }
  }
  const hasBooked = newest.data.length > 0
  const done = {
    clinic: clinic.phone !== null && clinic.address !== null,
    doctor: doctors.length > 0,
    times: hasBooked || doctors.some((doctor) => doctor.nextAvailableAt !== null || doctor.hasOpenSessions),
    people: members.data.length > 1 || invitations.data.length > 0,
    link: hasBooked,
  }
  return { isRead, done }
}

type StepName = 'clinic' | 'doctor' | 'times' | 'people' | 'link'
type Done = Record<StepName, boolean>
type StepProps = { name: StepName; isDone: boolean; children: ReactNode }

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
function PublicLink({ clinicId, onCopied }: { clinicId: string; onCopied: () => void }) {
  const { t } = useTranslation('admin')
  const copy = async () => {
    if (await copyText(`${window.location.origin}/?clinicId=${clinicId}`)) {
      toastDone({ message: t('steps.link.copied') })
      onCopied()
      // The address of the page can be copied.
    } else toastFailed({ message: t('steps.link.copyFailed') })
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
