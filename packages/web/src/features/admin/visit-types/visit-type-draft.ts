import type { NewVisitType, VisitType, VisitTypeChange } from '@holdfast/contract/client'
import {
  appointmentTypes,
  type MessageLanguage,
  type VisitApproval,
  type VisitTypeBooker,
  type VisitTypeColor,
  visitTypeColors,
  visitTypeDefaults,
} from '@holdfast/vocabulary'
import type { UseFormReturnType } from '@mantine/form'
import { feeOf, typedFee } from '../shared/fees/fee-amount.ts'
import { filledTexts, type QuestionDraft, questionDraftOf, questionOf } from './question-draft.ts'

/** A number that is typed; '' while its field is empty. */
type Typed = number | string

/** A doctor who offers the visit type; empty fields are as the visit type’s. */
export type DoctorOfDraft = {
  doctorId: string
  minutes: Typed
  bufferBeforeMinutes: Typed
  bufferAfterMinutes: Typed
  fee: Typed
  /** null: that of the visit type. */
  currency: string | null
}

export const roomNeeds = ['none', 'any', 'some'] as const
type RoomNeed = (typeof roomNeeds)[number]

/** The values of the form's fields. */
export type VisitTypeDraft = {
  name: string
  names: Record<MessageLanguage, string>
  minutes: Typed
  bufferBeforeMinutes: Typed
  bufferAfterMinutes: Typed
  /** The fee in the currency's main unit: 65 is 65 €. */
  fee: Typed
  currency: string
  appointmentTypes: string[]
  bookableBy: VisitTypeBooker
  approval: VisitApproval
  approvalMinutes: Typed
  combinable: boolean
  minimumNoticeMinutes: Typed
  bookingHorizonDays: Typed
  cancellationDeadlineMinutes: Typed
  capacity: Typed
  preparation: string
  questions: QuestionDraft[]
  color: string | null
  position: Typed
  room: RoomNeed
  /** With `some`: of these rooms. */
  roomIds: string[]
  deviceIds: string[]
  offeredBy: 'all' | 'some'
  doctors: DoctorOfDraft[]
}

export type VisitTypeFormState = UseFormReturnType<VisitTypeDraft>

/** @param usualCurrency of a fee, if the visit type has none yet */
export function draftOf(visitType: VisitType | null, usualCurrency: string): VisitTypeDraft {
  const currency = visitType?.fee?.currency ?? usualCurrency
  const shown = visitType ?? visitTypeDefaults
  const { en = '', de = '', ar = '' } = shown.names
  const doctors = visitType?.doctors ?? []
  return {
    name: visitType?.name ?? '',
    names: { en, de, ar },
    minutes: visitType?.minutes ?? '',
    bufferBeforeMinutes: shown.bufferBeforeMinutes,
    bufferAfterMinutes: shown.bufferAfterMinutes,
    fee: typedFee(shown.fee),
    currency,
    appointmentTypes: shown.appointmentTypes,
    bookableBy: shown.bookableBy,
    approval: shown.approval,
    approvalMinutes: shown.approvalMinutes,
    combinable: shown.combinable,
    minimumNoticeMinutes: shown.minimumNoticeMinutes ?? '',
    bookingHorizonDays: shown.bookingHorizonDays ?? '',
    cancellationDeadlineMinutes: shown.cancellationDeadlineMinutes ?? '',
    capacity: shown.capacity,
    preparation: shown.preparation ?? '',
    questions: (visitType?.questions ?? []).map(questionDraftOf),
    color: shown.color,
    position: shown.position,
    room: roomNeedOf(visitType),
    roomIds: shown.needs.roomIds,
    deviceIds: shown.needs.deviceIds,
    offeredBy: doctors.length === 0 ? 'all' : 'some',
    doctors: doctors.map(({ doctorId, minutes, bufferBeforeMinutes, bufferAfterMinutes, fee }) => ({
      doctorId,
      minutes: minutes ?? '',
      bufferBeforeMinutes: bufferBeforeMinutes ?? '',
      bufferAfterMinutes: bufferAfterMinutes ?? '',
      fee: typedFee(fee),
      currency: fee === null || fee.currency === currency ? null : fee.currency,
    })),
  }
}

function roomNeedOf(visitType: VisitType | null): RoomNeed {
  if (!visitType?.needs.room) return 'none'
  return visitType.needs.roomIds.length === 0 ? 'any' : 'some'
}

/** The doctors of a draft when these are chosen: what was typed for those who stay is preserved. */
export function withDoctors(doctors: readonly DoctorOfDraft[], doctorIds: readonly string[]): DoctorOfDraft[] {
  const asVisitType = { minutes: '', bufferBeforeMinutes: '', bufferAfterMinutes: '', fee: '', currency: null }
  return doctorIds.map((doctorId) => doctors.find((one) => one.doctorId === doctorId) ?? { doctorId, ...asVisitType })
}

/** The request for the API; an empty field is null, or its default. */
export function visitTypeOf(draft: VisitTypeDraft): NewVisitType {
  const color = visitTypeColors.find((one): one is VisitTypeColor => one === draft.color) ?? null
  const doctors = draft.doctors.map(({ doctorId, currency, fee, ...numbers }) => ({
    doctorId,
    minutes: numberOrNull(numbers.minutes),
    bufferBeforeMinutes: numberOrNull(numbers.bufferBeforeMinutes),
    bufferAfterMinutes: numberOrNull(numbers.bufferAfterMinutes),
    fee: feeOf(fee, currency ?? draft.currency),
  }))
  return {
    name: draft.name.trim(),
    names: filledTexts(draft.names),
    minutes: Number(draft.minutes),
    bufferBeforeMinutes: Number(draft.bufferBeforeMinutes),
    bufferAfterMinutes: Number(draft.bufferAfterMinutes),
    fee: feeOf(draft.fee, draft.currency),
    appointmentTypes: appointmentTypes.filter((type) => draft.appointmentTypes.includes(type)),
    bookableBy: draft.bookableBy,
    approval: draft.approval,
    ...(draft.approval === 'none' ? {} : { approvalMinutes: Number(draft.approvalMinutes) }),
    combinable: draft.combinable,
    minimumNoticeMinutes: numberOrNull(draft.minimumNoticeMinutes),
    bookingHorizonDays: numberOrNull(draft.bookingHorizonDays),
    cancellationDeadlineMinutes: numberOrNull(draft.cancellationDeadlineMinutes),
    capacity: draft.capacity === '' ? 1 : Number(draft.capacity),
    preparation: draft.preparation.trim() || null,
    questions: draft.questions.map(questionOf),
    color,
    position: Number(draft.position),
    needs: {
      room: draft.room !== 'none',
      roomIds: draft.room === 'some' ? draft.roomIds : [],
      deviceIds: draft.deviceIds,
    },
    doctors: draft.offeredBy === 'all' ? [] : doctors,
  }
}

/** The fields of a draft that differ from what is stored; null: none. */
export function changeOf(draft: VisitTypeDraft, visitType: VisitType): VisitTypeChange | null {
  const questions = visitType.questions.map(({ version: _version, ...question }) => question)
  const stored: Record<string, unknown> = { ...visitType, questions }
  const changed = Object.entries(visitTypeOf(draft)).filter(([name, value]) => !isSame(value, stored[name]))
  return changed.length === 0 ? null : Object.fromEntries(changed)
}

/** Values of JSON, of which objects may have their fields in another order. */
function isSame(left: unknown, right: unknown): boolean {
  if (!isObject(left) || !isObject(right)) return left === right
  const names = new Set([...Object.keys(left), ...Object.keys(right)])
  return [...names].every((name) => isSame(left[name], right[name]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function numberOrNull(typed: Typed): number | null {
  return typed === '' ? null : Number(typed)
}
