import Type from 'typebox'
import { membershipSchema } from '../schemas/account.ts'
import { pageParameters } from '../schemas/fields.ts'
import {
  createdInvitationSchema,
  invitationOfferSchema,
  invitationPageSchema,
  newInvitationSchema,
} from '../schemas/invitation.ts'
import { changesNothing } from './audit.ts'
import { operation } from './operation.ts'

/** The token is in the body, because proxies and logs keep the paths of requests. */
const tokenBody = Type.Object(
  {
    token: Type.String({
      maxLength: 100,
      pattern: '^[A-Za-z0-9_-]+$',
      'x-expected': 'the token of an invitation, which is in its link after #',
    }),
  },
  { title: 'InvitationToken', additionalProperties: false },
)

export const invitationOperations = {
  createInvitation: operation({
    method: 'POST',
    url: '/api/v1/clinics/{clinicId}/invitations',
    tag: 'People',
    summary: 'Invite somebody to a role',
    description:
      'Returns a link that works once, within 72 hours, for an account that has confirmed the address. If the server ' +
      'sends no e-mails (`needsConfirmedEmail: false`), addresses cannot be confirmed, and whoever opens the link ' +
      'and signs in or up gets the role. Another invitation for the same address replaces the open one. A repetition ' +
      'with the same Idempotency-Key does so too: the response contains a secret and is not stored.',
    access: 'admin',
    body: newInvitationSchema,
    responses: { 201: { description: 'The invitation with its link', schema: createdInvitationSchema } },
    ifLost: 'Create it again: it replaces the invitation that may exist, and its link is in the response.',
    audit: { kind: 'invitation_created', subject: 'response' },
    example: { body: { email: 'nobody@example.org', role: 'staff' } },
    problems: ['clinic_not_found', 'doctor_not_found', 'too_many_invitations', 'invited_too_often'],
  }),
  listInvitations: operation({
    method: 'GET',
    url: '/api/v1/clinics/{clinicId}/invitations',
    tag: 'People',
    summary: 'List a clinic’s open invitations',
    access: 'admin',
    query: Type.Object({ ...pageParameters }, { additionalProperties: false }),
    responses: { 200: { description: 'A page of invitations', schema: invitationPageSchema } },
    problems: ['clinic_not_found'],
  }),
  revokeInvitation: operation({
    method: 'DELETE',
    url: '/api/v1/clinics/{clinicId}/invitations/{invitationId}',
    tag: 'People',
    summary: 'Revoke an open invitation',
    access: 'admin',
    responses: { 204: { description: 'The invitation is revoked' } },
    audit: { kind: 'invitation_revoked', subject: 'invitationId' },
    problems: ['clinic_not_found', 'invitation_not_found'],
  }),
  getInvitation: operation({
    method: 'POST',
    url: '/api/v1/invitations/find',
    tag: 'Me',
    summary: 'Read what an invitation offers',
    access: 'anyone',
    body: tokenBody,
    responses: { 200: { description: 'The offer', schema: invitationOfferSchema } },
    clinic: 'invitation token',
    retry: 'runs again',
    audit: changesNothing,
    example: { body: { token: 'no-invitation' } },
    problems: ['invitation_not_found', 'invitation_expired', 'invitation_used'],
  }),
  acceptInvitation: operation({
    method: 'POST',
    url: '/api/v1/invitations/accept',
    tag: 'Me',
    summary: 'Accept an invitation',
    description:
      'Gives the role to the account that is signed in. It must have confirmed the address that was invited, unless ' +
      'the server sends no e-mails. A repetition by this account changes nothing.',
    access: 'account',
    body: tokenBody,
    responses: { 200: { description: 'The new role', schema: membershipSchema } },
    clinic: 'invitation token',
    retry: 'runs again',
    audit: { kind: 'role_granted', byHandler: true },
    example: { body: { token: 'no-invitation' } },
    problems: [
      'invitation_not_found',
      'invitation_expired',
      'invitation_used',
      'already_member',
      'invitation_for_other_address',
    ],
  }),
}
