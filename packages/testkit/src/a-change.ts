import type { MoveRequest, SettleAction, SettleRequest, WithdrawSlotsRequest } from '@holdfast/engine'

/** A change of a booking by its clinic, without a key. */
export function aSettlement(
  bookingId: string,
  action: SettleAction,
  overrides: Partial<SettleRequest> = {},
): SettleRequest {
  return { bookingId, action, actorId: null, onBehalf: true, key: null, reason: null, ...overrides }
}

/** A move of a booking by its clinic, without a key. */
export function aMove(bookingId: string, slotId: string, overrides: Partial<MoveRequest> = {}): MoveRequest {
  return { bookingId, slotId, actorId: null, onBehalf: true, ...overrides }
}

/** A withdrawal of slots with their bookings. */
export function aWithdrawal(
  clinicNo: number,
  which: WithdrawSlotsRequest['which'],
  overrides: Partial<WithdrawSlotsRequest> = {},
): WithdrawSlotsRequest {
  return { clinicNo, which, withBookings: true, dryRun: false, actorId: null, ...overrides }
}
