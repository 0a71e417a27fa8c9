import type { Doctor } from '@holdfast/contract/client'
import { Button, Group, Stack, Text } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { formatDayTime, formatMoney } from '../../../lib/i18n/format.ts'
import { specializationName } from '../../../lib/i18n/specialization-name.ts'
import { LinkButton } from '../../../ui/buttons/link-button.tsx'
import { Dialog } from '../../../ui/dialogs/dialog.tsx'
import { FocusedTitle } from '../../../ui/focus/focused-title.tsx'
import { PageTitle } from '../../../ui/focus/page-title.tsx'
import layoutClasses from '../../../ui/layout.module.css'
import { ListTable } from '../../../ui/list-table.tsx'
import { EmptyState } from '../../../ui/states/empty-state.tsx'
import { useClinic } from '../use-clinic.ts'
import { ActiveButton } from './active-button.tsx'
import { DoctorForm } from './doctor-form.tsx'

const route = getRouteApi('/clinic/$clinicId/doctors')

/** The clinic's doctors: adding, editing, and closing them for new bookings. */
export function ClinicDoctorsPage() {
  const { t } = useTranslation(['admin', 'shell'])
  const { doctors, isAdmin } = useClinic()
  const { add = false } = route.useSearch()
  const navigate = route.useNavigate()
  const [edited, setEdited] = useState<Doctor | 'new' | null>(add && isAdmin ? 'new' : null)
  const [added, setAdded] = useState<Doctor | null>(null)
  const close = () => {
    setEdited(null)
    // A reload must not open the form again.
    if (add) void navigate({ search: {}, replace: true, resetScroll: false })
  }
  return (
    <Stack gap="lg">
      <Group justify="space-between">
        <PageTitle>{t('tabs.doctors')}</PageTitle>
        {isAdmin && doctors.length > 0 ? <Button onClick={() => setEdited('new')}>{t('doctors.add')}</Button> : null}
      </Group>
      {added === null ? null : <NextStep key={added.id} doctor={added} />}
      {doctors.length === 0 ? (
        <EmptyState title={t('doctors.none')} help={t(isAdmin ? 'doctors.noneHelp' : 'doctors.noneHelpStaff')}>
          {isAdmin ? <Button onClick={() => setEdited('new')}>{t('doctors.add')}</Button> : null}
        </EmptyState>
      ) : (
        <DoctorsTable doctors={doctors} onEdit={setEdited} />
      )}
      <Dialog
        isOpen={edited !== null}
        onClose={close}
        isForm
        size="lg"
        title={edited === 'new' || edited === null ? t('doctors.add') : t('doctors.editOf', { name: edited.name })}
      >
        {edited === null ? null : (
          <DoctorForm
            doctor={edited === 'new' ? null : edited}
            onDone={(saved) => {
              close()
              if (edited === 'new') setAdded(saved)
            }}
          />
        )}
      </Dialog>
    </Stack>
  )
}

/** Shows, after a doctor was added, what patients need to book with them. */
function NextStep({ doctor }: { doctor: Doctor }) {
  const { t } = useTranslation('admin')
  const { clinicId } = useClinic()
  return (
    <section className={layoutClasses.panel} aria-labelledby="next-step">
      <Stack gap="sm">
        <FocusedTitle id="next-step">{t('doctors.addedTitle', { name: doctor.name })}</FocusedTitle>
        <Text>{t('doctors.addedHelp')}</Text>
        <Group gap="sm">
          <LinkButton to="/clinic/$clinicId/times" params={{ clinicId }} search={{ doctorId: doctor.id }}>
            {t('steps.times.action')}
          </LinkButton>
          <LinkButton
            variant="default"
            to="/clinic/$clinicId/people"
            params={{ clinicId }}
            search={{ doctorId: doctor.id }}
          >
            {t('doctors.invite')}
          </LinkButton>
        </Group>
      </Stack>
    </section>
  )
}

function DoctorsTable({ doctors, onEdit }: { doctors: readonly Doctor[]; onEdit: (doctor: Doctor) => void }) {
  const { t } = useTranslation(['admin', 'shell'])
  const { isAdmin, clinicId, timeZone } = useClinic()
  return (
    <ListTable
      caption={t('tabs.doctors')}
      heads={[t('field.name'), t('field.fee'), t('doctors.nextFree'), t('doctors.bookable'), t('doctors.actions')]}
    >
      {doctors.map((doctor) => (
        <tr key={doctor.id} data-quiet={!doctor.active || undefined}>
          <td>
            <Text fw={600}>
              <bdi>{doctor.name}</bdi>
            </Text>
            <Text size="sm" c="dimmed">
              {specializationName(doctor)}
            </Text>
          </td>
          <td data-label={t('field.fee')}>{doctor.fee === null ? '–' : formatMoney(doctor.fee)}</td>
          <td data-label={t('doctors.nextFree')} className="tabular">
            {doctor.nextAvailableAt === null
              ? doctor.hasOpenSessions
                ? t('doctors.inSessions')
                : '–'
              : formatDayTime(doctor.nextAvailableAt, timeZone)}
          </td>
          <td data-label={t('doctors.bookable')}>{doctor.active ? t('yes') : t('no')}</td>
          <td>
            <div className={layoutClasses.actions}>
              <LinkButton
                size="sm"
                variant="default"
                to="/clinic/$clinicId/times"
                params={{ clinicId }}
                search={{ doctorId: doctor.id }}
                aria-label={t('doctors.timesOf', { name: doctor.name })}
              >
                {t('tabs.times')}
              </LinkButton>
              <LinkButton
                size="sm"
                variant="default"
                to="/clinic/$clinicId/doctors/$doctorId/link"
                params={{ clinicId, doctorId: doctor.id }}
                aria-label={t('doctors.linkOf', { name: doctor.name })}
              >
                {t('doctors.linkTo')}
              </LinkButton>
              {isAdmin ? (
                <>
                  <LinkButton
                    size="sm"
                    variant="default"
                    to="/clinic/$clinicId/people"
                    params={{ clinicId }}
                    search={{ doctorId: doctor.id }}
                    aria-label={t('doctors.inviteOf', { name: doctor.name })}
                  >
                    {t('doctors.invite')}
                  </LinkButton>
                  <Button
                    size="sm"
                    variant="default"
                    aria-label={t('doctors.editOf', { name: doctor.name })}
                    onClick={() => onEdit(doctor)}
                  >
                    {t('doctors.edit')}
                  </Button>
                  <ActiveButton doctor={doctor} />
                </>
              ) : null}
            </div>
          </td>
        </tr>
      ))}
    </ListTable>
  )
}
