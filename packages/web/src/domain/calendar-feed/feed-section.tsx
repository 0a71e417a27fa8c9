import { Anchor, Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime } from '../../lib/i18n/format.ts'
import { ActionButton } from '../../ui/buttons/action-button.tsx'
import { ConfirmDialog } from '../../ui/dialogs/confirm-dialog.tsx'
import { useConfirmed } from '../../ui/dialogs/use-confirmed.ts'
import { CopyField } from '../../ui/fields/copy-field.tsx'
import layoutClasses from '../../ui/layout.module.css'
import { ErrorState } from '../../ui/states/error-state.tsx'
import { LoadingOrError } from '../../ui/states/loading-or-error.tsx'
import { toastDone } from '../../ui/toast.ts'
import { errorBesidePassword, PasswordDialog } from '../password/password-dialog.tsx'
import { type FeedOwner, feedQuery, useFeedActions } from './feed-queries.ts'

type FeedSectionProps = {
  owner: FeedOwner
  timeZone: string
  /** Settings that belong to it. */
  children?: ReactNode
}

/** A secret link by which a calendar program subscribes to bookings: create, copy, open, replace, revoke. */
export function FeedSection({ owner, timeZone, children }: FeedSectionProps) {
  const { t } = useTranslation('calendars')
  const feed = useQuery(feedQuery(owner))
  const { create, revoke } = useFeedActions(owner)
  const [url, setUrl] = useState<string | null>(null)
  const createdAt = feed.data?.createdAt ?? null
  const send = (confirmation: { password?: string }) => create.mutate(confirmation, { onSuccess: setUrl })
  const confirmed = {
    replace: () => send({}),
    revoke: () =>
      revoke.mutate(undefined, {
        onSuccess: () => {
          setUrl(null)
          toastDone({ message: t('feed.revoked') })
        },
      }),
  }
  const { asked, ask, dialog } = useConfirmed(confirmed)
  const error = errorBesidePassword(create.error) ?? revoke.error
  return (
    <section className={layoutClasses.panel} aria-labelledby="calendar-feed">
      <Stack gap="md">
        <div>
          <Title order={2} size="h3" id="calendar-feed">
            {t('feed.title')}
          </Title>
          <Text c="dimmed">{t(`feed.shows.${owner.kind}`)}</Text>
          {feed.data === undefined || feed.data.patientNames === null ? null : (
            <Text c="dimmed">{t(feed.data.patientNames ? 'feed.withNames' : 'feed.withoutNames')}</Text>
          )}
        </div>
        {children}
        {feed.data === undefined ? (
          <LoadingOrError of={feed} />
        ) : (
          <Text role="status">
            {createdAt === null ? t('feed.none') : t('feed.since', { time: formatDayTime(createdAt, timeZone) })}
          </Text>
        )}
        {url === null ? null : <FeedUrl key={url} url={url} />}
        {error === null ? null : <ErrorState error={error} />}
        {/* Until it is known whether there is a link: creating one would replace it. */}
        {feed.data === undefined ? null : (
          <Group gap="sm">
            {createdAt === null ? (
              <ActionButton variant="default" isBusy={create.isPending} onClick={confirmed.replace}>
                {t('feed.create')}
              </ActionButton>
            ) : (
              <>
                <ActionButton variant="default" isBusy={create.isPending} onClick={() => ask('replace')}>
                  {t('feed.replace')}
                </ActionButton>
                <ActionButton variant="default" isBusy={revoke.isPending} onClick={() => ask('revoke')}>
                  {t('feed.revoke')}
                </ActionButton>
              </>
            )}
          </Group>
        )}
      </Stack>
      <ConfirmDialog
        {...dialog}
        title={t(`feed.askTitle.${asked ?? 'replace'}`)}
        confirm={t(`feed.${asked ?? 'replace'}`)}
      >
        <Text>{t(`feed.ask.${asked ?? 'replace'}`)}</Text>
      </ConfirmDialog>
      <PasswordDialog of={create} send={send} />
    </section>
  )
}

/** The URL of a new feed. It cannot be shown again, because the server stores only its hash. */
function FeedUrl({ url }: { url: string }) {
  const { t } = useTranslation('calendars')
  return (
    <Stack gap="xs">
      <Text fw={600}>{t('feed.once')}</Text>
      <CopyField
        value={url}
        label={t('feed.url')}
        button={t('feed.copy')}
        copied={t('feed.copied')}
        failed={t('feed.copyFailed')}
      />
      <Anchor href={url.replace(/^https?:/, 'webcal:')} underline="always">
        {t('feed.open')}
      </Anchor>
    </Stack>
  )
}
