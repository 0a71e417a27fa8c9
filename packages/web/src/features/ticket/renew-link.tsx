import { Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type TicketLink, ticketHash } from '../../domain/bookings/ticket-link.ts'
import { api, dataOf } from '../../lib/api.ts'
import { randomKey } from '../../lib/random-key.ts'
import { ActionButton } from '../../ui/action-button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { toastDone, toastFailed } from '../../ui/toast.ts'

/** Replaces the link of a guest's ticket, after asking for confirmation, and shows the new one. */
export function RenewLink({ link }: { link: TicketLink }) {
  const { t } = useTranslation('ticket')
  const [isOpen, setOpen] = useState(false)
  const [isRenewed, setRenewed] = useState(false)
  const close = () => setOpen(false)
  return (
    <>
      <Button
        variant="default"
        onClick={() => {
          setRenewed(false)
          setOpen(true)
        }}
      >
        {t('renew.start')}
      </Button>
      <Dialog title={t(isRenewed ? 'renew.link' : 'renew.title')} isOpen={isOpen} onClose={close}>
        <Renewal link={link} onRenewed={() => setRenewed(true)} onClose={close} />
      </Dialog>
    </>
  )
}

type RenewalProps = { link: TicketLink; onRenewed: () => void; onClose: () => void }

function Renewal({ link: { bookingId, manageToken }, onRenewed, onClose }: RenewalProps) {
  const { t } = useTranslation('ticket')
  const navigate = useNavigate()
  // A retry after a lost response gets the same token.
  const [key] = useState(randomKey)
  const renewing = useMutation({
    mutationFn: () =>
      dataOf(
        api.renewManageToken({
          path: { bookingId },
          body: {},
          headers: { 'Idempotency-Key': key },
          ...(manageToken === null ? {} : { auth: manageToken }),
        }),
      ),
    // The page reads with the new token from now on, also after a reload.
    onSuccess: (renewed) => {
      onRenewed()
      return navigate({
        to: '/ticket',
        search: true,
        hash: bookingId,
        state: { manageToken: renewed.manageToken },
        replace: true,
        resetScroll: false,
      })
    },
  })
  if (renewing.data !== undefined) {
    return <NewLink link={{ bookingId, manageToken: renewing.data.manageToken }} onClose={onClose} />
  }
  return (
    <Stack gap="md">
      <Text>{t('renew.help')}</Text>
      {renewing.isError ? <ErrorState error={renewing.error} /> : null}
      <Group gap="sm">
        <ActionButton isBusy={renewing.isPending} onClick={() => renewing.mutate()}>
          {t('renew.confirm')}
        </ActionButton>
        <ActionButton variant="default" data-autofocus onClick={onClose} disabled={renewing.isPending}>
          {t('renew.back')}
        </ActionButton>
      </Group>
    </Stack>
  )
}

function NewLink({ link, onClose }: { link: TicketLink; onClose: () => void }) {
  const { t } = useTranslation('ticket')
  const field = useRef<HTMLInputElement>(null)
  const address = `${window.location.origin}/ticket#${ticketHash(link)}`
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(address)
      toastDone({ message: t('copy.done') })
    } catch {
      // Not permitted, or not available over plain HTTP.
      field.current?.select()
      toastFailed({ message: t('copy.failed') })
    }
  }
  return (
    <Stack gap="md">
      <Text role="status">{t('renew.done')}</Text>
      <TextInput
        ref={field}
        label={t('renew.link')}
        value={address}
        readOnly
        dir="ltr"
        data-autofocus
        autoFocus
        onFocus={({ currentTarget }) => currentTarget.select()}
      />
      <Group gap="sm">
        <Button onClick={copy}>{t('copy.start')}</Button>
        <Button variant="default" onClick={onClose}>
          {t('renew.close')}
        </Button>
      </Group>
    </Stack>
  )
}
