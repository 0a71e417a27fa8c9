import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { RenewLink } from '../../domain/links/renew-link.tsx'
import { api, dataOf } from '../../lib/api/api.ts'
import { authOf, type SecretLink, secretHash } from '../../lib/secret-links/secret-link.ts'

/** Replaces the link of a guest's entry. */
export function RenewEntryLink({ link }: { link: SecretLink }) {
  const { t } = useTranslation('waitlist')
  const navigate = useNavigate()
  const { id } = link
  return (
    <RenewLink
      title={t('renew.title')}
      help={t('renew.help')}
      renew={(key) =>
        dataOf(
          api.renewWaitlistToken({
            path: { entryId: id },
            body: {},
            headers: { 'Idempotency-Key': key },
            ...authOf(link),
          }),
        )
      }
      onRenewed={(manageToken) =>
        navigate({ to: '/waitlist-entry', hash: id, state: { manageToken }, replace: true, resetScroll: false })
      }
      addressOf={(manageToken) => `${window.location.origin}/waitlist-entry#${secretHash({ id, manageToken })}`}
    />
  )
}
