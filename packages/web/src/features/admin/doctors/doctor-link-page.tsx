import { Button, Group, Stack, Text } from '@mantine/core'
import { IconCopy, IconPrinter } from '@tabler/icons-react'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { specializationName } from '../../../lib/i18n/specialization-name.ts'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { copyText } from '../../../ui/copy-text.ts'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import { Icon } from '../../../ui/icon.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { QrCode } from '../../../ui/qr-code.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { toastDone, toastFailed } from '../../../ui/toast.ts'
import { useClinic } from '../use-clinic.ts'

const route = getRouteApi('/clinic/$clinicId/doctors/$doctorId/link')

/** The address at which patients book with a doctor, as a link and a QR code; printed, it is a sign for the desk. */
export function DoctorLinkPage() {
  const { t } = useTranslation('admin')
  const { doctorId } = route.useParams()
  const { clinic, clinicId, doctors } = useClinic()
  const doctor = doctors.find(({ id }) => id === doctorId)
  if (doctor === undefined) return <EmptyState title={t('doctors.link.none')} />
  const address = `${window.location.origin}/doctors/${doctor.id}`
  const copy = async () => {
    if (await copyText(address)) toastDone({ message: t('people.copied') })
    // The address is on the page.
    else toastFailed({ message: t('doctors.link.copyFailed') })
  }
  return (
    <Stack gap="lg">
      <section className={layoutClasses.panel}>
        <Stack gap="md" align="center" ta="center">
          <Stack gap={4} align="center">
            <PageTitle>{t('doctors.link.title', { name: doctor.name })}</PageTitle>
            <Text c="dimmed">
              {specializationName(doctor)} · <bdi>{clinic.name}</bdi>
            </Text>
          </Stack>
          <QrCode text={address} size={264} label={t('doctors.link.qr', { name: doctor.name })} />
          <Text dir="ltr" style={{ overflowWrap: 'anywhere' }}>
            {address}
          </Text>
          {doctor.active ? null : (
            <Text role="note" className="no-print">
              {t('doctors.link.inactive')}
            </Text>
          )}
          <Group gap="sm" justify="center" className="no-print">
            <Button leftSection={<Icon of={IconCopy} />} onClick={copy}>
              {t('people.copy')}
            </Button>
            <Button variant="default" leftSection={<Icon of={IconPrinter} />} onClick={() => window.print()}>
              {t('doctors.link.print')}
            </Button>
            <LinkButton variant="default" to="/clinic/$clinicId/doctors" params={{ clinicId }}>
              {t('tabs.doctors')}
            </LinkButton>
          </Group>
        </Stack>
      </section>
    </Stack>
  )
}
