import { Button, Group, Stack, Text } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Dialog } from './dialog.tsx'

/** Asks before the page is left while it has changes that are not saved; the browser asks before it closes the tab. */
export function UnsavedChanges({ isDirty }: { isDirty: boolean }) {
  const { t } = useTranslation('shell')
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => isDirty && current.pathname !== next.pathname,
    enableBeforeUnload: () => isDirty,
    withResolver: true,
  })
  return (
    <Dialog isOpen={blocker.status === 'blocked'} onClose={() => blocker.reset?.()} title={t('unsaved.title')}>
      <Stack gap="md">
        <Text>{t('unsaved.help')}</Text>
        <Group gap="sm">
          <Button data-autofocus onClick={() => blocker.reset?.()}>
            {t('unsaved.stay')}
          </Button>
          <Button variant="default" onClick={() => blocker.proceed?.()}>
            {t('unsaved.leave')}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  )
}
