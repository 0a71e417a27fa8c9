import {
  apiKeyListSchema,
  apiKeyRotationSchema,
  apiKeySchema,
  apiKeyWithSecretSchema,
  newApiKeySchema,
} from '../schemas/api-key.ts'
import { operation, operationTable } from './operation.ts'

export const apiKeyOperations = operationTable('API keys', {
  createApiKey: operation('POST /api/v1/clinics/{clinicId}/api-keys', {
    summary: 'Create a key with which another program calls the API',
    description:
      'The key acts for this clinic alone, with the rules for its staff: what it books is booked by the desk. It ' +
      'does not depend on the account that created it. A repetition with the same Idempotency-Key creates nothing: ' +
      'the response has the key with a new secret, and the one before is valid for another 24 hours.',
    access: 'admin',
    restrictedField: 'body.password',
    body: newApiKeySchema,
    responses: { 201: { description: 'The key with its secret', schema: apiKeyWithSecretSchema } },
    ifLost:
      'Repeat it with the same Idempotency-Key: the response has a new secret of the key. If it had no ' +
      'Idempotency-Key, list the keys: if it is among them, rotate it to get a secret; if not, create it again.',
    audit: { kind: 'clinic_changed', subject: 'response', details: ['API key added'] },
    auditRepeated: { kind: 'clinic_changed', subject: 'response', details: ['API key rotated'] },
    example: { body: { name: 'Laboratory', scopes: ['times:read', 'bookings:write'] } },
    problems: ['too_many_api_keys', 'api_key_not_found', 'api_key_expired', 'password_wrong'],
  }),
  listApiKeys: operation('GET /api/v1/clinics/{clinicId}/api-keys', {
    summary: 'List a clinic’s API keys',
    access: 'admin',
    responses: { 200: { description: 'The keys, without their secrets', schema: apiKeyListSchema } },
  }),
  rotateApiKey: operation('POST /api/v1/clinics/{clinicId}/api-keys/{keyId}/rotate', {
    summary: 'Replace the secret of an API key',
    description:
      'Until `previousUntil`, the secret until now is valid as well. A repetition replaces the new secret again; ' +
      'within five minutes, the one before the first rotation stays valid.',
    access: 'admin',
    restrictedField: 'body.password',
    body: apiKeyRotationSchema,
    bodyOptional: true,
    responses: { 200: { description: 'The key with its new secret', schema: apiKeyWithSecretSchema } },
    ifLost: 'Rotate it again: the response has another secret.',
    audit: { kind: 'clinic_changed', subject: 'keyId', details: ['API key rotated'] },
    problems: ['api_key_expired', 'password_wrong'],
  }),
  endPreviousApiKey: operation('DELETE /api/v1/clinics/{clinicId}/api-keys/{keyId}/previous', {
    summary: 'End the secret before the last rotation',
    access: 'admin',
    responses: { 200: { description: 'The key', schema: apiKeySchema } },
    audit: { kind: 'clinic_changed', subject: 'keyId', details: ['previous API key ended'] },
  }),
  deleteApiKey: operation('DELETE /api/v1/clinics/{clinicId}/api-keys/{keyId}', {
    summary: 'Delete an API key',
    description: 'It ends at once on every server. The security log goes on naming what it did.',
    access: 'admin',
    responses: { 204: { description: 'It is deleted' } },
    audit: { kind: 'clinic_changed', subject: 'keyId', details: ['API key removed'] },
  }),
})
