import type { Role } from '@holdfast/vocabulary'
import type { PoolClient } from 'pg'
import type { Membership } from './membership.ts'
import type { Page } from './page.ts'

/** An invitation to a role in a clinic, without its token. */
export type Invitation = {
  id: string
  clinicId: string
  /** Whom it is for, in lower case. */
  email: string
  role: Role
  /** Role doctor: whose calendar. */
  doctorId: string | null
  /** The account that created it. */
  invitedBy: string
  createdAt: Date
  expiresAt: Date
}

export type NewInvitation = Pick<Invitation, 'email' | 'role' | 'doctorId' | 'invitedBy'> & {
  clinicNo: number
  id: string
  tokenHash: Buffer
}

export type InvitationMail = {
  /** A digest of the address, by which they are counted. */
  recipient: string
  /** Stores the e-mail in the transaction that creates the invitation. */
  store(transaction: PoolClient, invitation: Invitation): Promise<void>
}

/** `missing`: unknown, revoked, replaced by a newer one, or another token. `used`: another account has accepted it. */
export type InvitationRefusal =
  | { kind: 'invitation_missing' }
  | { kind: 'invitation_expired' }
  | { kind: 'invitation_used' }

/**
 * How an account proves that it was invited. `address`: it has confirmed `confirmedEmail`, and null none. `link`: it
 * has the link, where addresses cannot be confirmed because the server sends no e-mails.
 */
export type InvitationProof = { kind: 'address'; confirmedEmail: string | null } | { kind: 'link' }

/** Invitations, by which alone an account gets its first role in a clinic. */
export type Invitations = {
  /**
   * Creates an invitation that can be accepted for 72 hours. It replaces an open one for the same address in the same
   * clinic. `not_admin`: `invitedBy` is neither an admin of the clinic nor a site administrator any more.
   * `doctor_missing`: `doctorId` is not a doctor of this clinic. `too_many_invitations`: the clinic has `max` open
   * ones. `invited_too_often`: the address has had `max` invitations of the clinic by e-mail in a day.
   *
   * @param mail the e-mail with its link; absent: there is none, and no limit for its address
   */
  create(
    invitation: NewInvitation,
    mail?: InvitationMail | null,
  ): Promise<
    | { kind: 'done'; invitation: Invitation }
    | { kind: 'not_admin' }
    | { kind: 'doctor_missing' }
    | { kind: 'too_many_invitations'; max: number }
    | { kind: 'invited_too_often'; max: number }
  >
  /** The invitations that can still be accepted, oldest first. */
  open(query: { clinicNo: number; limit: number; cursor: string | null }): Promise<Page<Invitation>>
  /** What a token invites to, without accepting it. */
  find(id: string, tokenHash: Buffer): Promise<{ kind: 'done'; invitation: Invitation } | InvitationRefusal>
  /**
   * Gives the account the role, once. `unchanged`: this account has accepted it before. `already_member`: the account
   * has a role in this clinic, which its admins can change; the invitation stays open. `invitation_missing` also if
   * its creator is neither an admin of the clinic nor a site administrator any more. `other_address`: the account has
   * not confirmed `email`, the address that was invited; the invitation stays open.
   */
  accept(
    id: string,
    tokenHash: Buffer,
    accountId: string,
    proof: InvitationProof,
  ): Promise<
    | { kind: 'done'; membership: Membership }
    | { kind: 'unchanged'; membership: Membership }
    | { kind: 'already_member'; role: Role }
    | { kind: 'other_address'; email: string }
    | InvitationRefusal
  >
  revoke(clinicNo: number, id: string): Promise<{ kind: 'done' } | { kind: 'invitation_missing' }>
}
