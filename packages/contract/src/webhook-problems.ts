/** The problems of webhooks and API keys: a part of `problemKinds`. */
export const webhookProblemKinds = {
  webhook_not_found: {
    status: 404,
    title: 'There is no such webhook',
    help: 'List them with GET /clinics/{id}/webhooks.',
  },
  too_many_webhooks: {
    status: 409,
    title: 'The clinic has too many webhooks',
    help: 'Remove one first, or send several events to one.',
  },
  api_key_not_found: {
    status: 404,
    title: 'There is no such API key',
    help: 'List them with GET /clinics/{id}/api-keys.',
  },
  api_key_expired: {
    status: 409,
    title: 'The API key has expired',
    help: 'It gets no new secret. Create another key, and delete this one.',
  },
  too_many_api_keys: {
    status: 409,
    title: 'The clinic has too many API keys',
    help: 'Delete one first.',
  },
} as const
