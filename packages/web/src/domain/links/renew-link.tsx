import { Button } from '@mantine/core'
import { lazy, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { OnceOpened } from '../../ui/dialogs/once-opened.tsx'
import type { Renewal } from './renew-link-dialog.tsx'

// Few replace their link.
const RenewLinkDialog = lazy(async () => ({ default: (await import('./renew-link-dialog.tsx')).RenewLinkDialog }))

/** Replaces a guest's link, after asking for confirmation, and shows the new one. */
export function RenewLink(renewal: Renewal) {
  const { t } = useTranslation('links')
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        {t('renew.start')}
      </Button>
      <OnceOpened isOpen={isOpen}>
        <RenewLinkDialog {...renewal} isOpen={isOpen} onClose={() => setOpen(false)} />
      </OnceOpened>
    </>
  )
}
