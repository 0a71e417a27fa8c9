import type { ClaimOutcome, ClaimRequest } from './claim.ts'
import type { Directory } from './directory.ts'
import type { Reads } from './reads.ts'
import type { MoveOutcome, MoveRequest, SettleOutcome, SettleRequest } from './settle.ts'
import type { CreateSlotsRequest, CreateSlotsResult, WithdrawSlotsOutcome, WithdrawSlotsRequest } from './slot.ts'
import type { StoredAnswers } from './stored-answers.ts'

/** The way in. Everything that changes a booking goes through here; each promise settles after COMMIT. */
export type Engine = {
  claim(request: ClaimRequest): Promise<ClaimOutcome>
  settle(request: SettleRequest): Promise<SettleOutcome>
  move(request: MoveRequest): Promise<MoveOutcome>
  createSlots(request: CreateSlotsRequest): Promise<CreateSlotsResult>
  withdrawSlots(request: WithdrawSlotsRequest): Promise<WithdrawSlotsOutcome>
  reads: Reads
  directory: Directory
  answers: StoredAnswers
  /** Stops taking new work and settles what was accepted. */
  stop(): Promise<void>
}
