import { Button, TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { copyText } from '../../ui/copy-text.ts'
import { toastDone } from '../../ui/toast.ts'

/** Copies a private link. Where the browser does not permit it, as over plain HTTP, it shows the link to copy. */
export function CopyLink({ address }: { address: string }) {
  const { t } = useTranslation('links')
  const [isShown, setShown] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  // Its label is read, and its text is selected.
  useEffect(() => {
    if (isShown) field.current?.focus()
  }, [isShown])
  const copy = async () => {
    const isCopied = await copyText(address)
    if (isCopied) toastDone({ message: t('copy.done') })
    setShown(!isCopied)
  }
  return (
    <>
      <Button variant="default" onClick={copy}>
        {t('copy.start')}
      </Button>
      {isShown ? (
        <TextInput
          ref={field}
          onFocus={({ currentTarget }) => currentTarget.select()}
          label={t('copy.byHand')}
          value={address}
          readOnly
          dir="ltr"
          flex="1 1 100%"
        />
      ) : null}
    </>
  )
}
