import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { type SecretLink, secretHash } from '../../lib/secret-link.ts'
import { toastDone, toastFailed } from '../../ui/toast.ts'

/** Copies the link that opens a guest's entry again. */
export function CopyEntryLink({ link }: { link: SecretLink }) {
  const { t } = useTranslation('links')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(`${window.location.origin}/waitlist-entry#${secretHash(link)}`)
      toastDone({ message: t('copy.done') })
    } catch {
      // Not permitted, or not available over plain HTTP.
      toastFailed({ message: t('copy.failed') })
    }
  }
  return (
    <Button variant="default" onClick={copy}>
      {t('copy.start')}
    </Button>
  )
}
