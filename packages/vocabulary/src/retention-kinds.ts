import type { ClinicSettingName } from './clinic-settings.ts'

type RetentionUnit = 'hours' | 'days' | 'months'

/** Who decides how long something is stored. `end`: until it has ended, such as a session or a link. */
type RetentionPeriod =
  | { by: 'clinic'; setting: Extract<ClinicSettingName, 'patientDataMonths' | 'messageDays'>; unit: RetentionUnit }
  | { by: 'operator'; setting: 'HOLDFAST_AUDIT_MONTHS' | 'HOLDFAST_BACKUP_DAYS'; unit: RetentionUnit }
  | { by: 'fixed'; amount: number; unit: RetentionUnit }
  | { by: 'end' | 'nobody' }

/**
 * `tables`: the tables from which old rows are deleted. `deletedBy`: the job that does it; `use`: whoever uses it next;
 * `command`: the operator, with a command; `backups`: the process that takes them.
 */
export type RetentionKind = RetentionPeriod & {
  deletedBy: 'erasures' | 'retention' | 'use' | 'command' | 'backups' | 'nobody'
  tables: readonly string[]
}

const patients = {
  by: 'clinic',
  setting: 'patientDataMonths',
  unit: 'months',
  deletedBy: 'erasures',
  tables: [],
} as const
const days = (amount: number) => ({ by: 'fixed', amount, unit: 'days', deletedBy: 'retention' }) as const

/**
 * All kinds of data that are stored for a time, in the order in which a clinic reads them. A test compares them with
 * every statement that deletes by age.
 */
export const retentionKinds = {
  appointments: patients,
  theatreCases: patients,
  waitlistEntries: patients,
  patientRecords: patients,
  messages: { by: 'clinic', setting: 'messageDays', unit: 'days', deletedBy: 'retention', tables: ['message'] },
  securityLog: {
    by: 'operator',
    setting: 'HOLDFAST_AUDIT_MONTHS',
    unit: 'months',
    deletedBy: 'retention',
    // API keys that have ended, because the log names what they did by them.
    tables: ['audit_event', 'api_key'],
  },
  backups: { by: 'operator', setting: 'HOLDFAST_BACKUP_DAYS', unit: 'days', deletedBy: 'backups', tables: [] },
  archivedMonths: { by: 'nobody', deletedBy: 'command', tables: [] },
  storedResponses: {
    by: 'fixed',
    amount: 24,
    unit: 'hours',
    deletedBy: 'retention',
    tables: ['answer', 'idempotency', 'directory_change'],
  },
  bookingOrigins: { ...days(30), tables: ['booking_origin'] },
  waitlistOrigins: { by: 'end', deletedBy: 'retention', tables: ['waitlist_origin'] },
  messageCounts: { ...days(1), tables: ['message_budget'] },
  webhookDeliveries: { ...days(30), tables: ['webhook_delivery'] },
  lateEvents: { ...days(93), tables: ['late_event'] },
  erasureNotes: { ...days(60), tables: ['erasure'] },
  closures: { by: 'fixed', amount: 12, unit: 'months', deletedBy: 'retention', tables: ['closure'] },
  workResults: { ...days(7), tables: ['work_result'] },
  sessionsAndLinks: {
    by: 'end',
    deletedBy: 'retention',
    tables: ['account_mail', 'auth.session', 'auth.emailLink', 'auth.verification'],
  },
  invitations: { by: 'fixed', amount: 30, unit: 'days', deletedBy: 'use', tables: ['invitation'] },
  formerAddresses: { by: 'fixed', amount: 36, unit: 'months', deletedBy: 'use', tables: ['auth.formerEmail'] },
  figures: { by: 'nobody', deletedBy: 'nobody', tables: [] },
} as const satisfies Record<string, RetentionKind>

type RetentionKindName = keyof typeof retentionKinds

export const retentionKindNames = Object.keys(retentionKinds) as RetentionKindName[]
