import Fastify, { type FastifyInstance } from 'fastify'
import { errorHandler } from '../../packages/server/src/edge/error-handler.ts'
import { readJsonOnly } from '../../packages/server/src/edge/json-bodies.ts'
import { helmetHeaders, securityHeaders } from '../../packages/server/src/edge/security-headers.ts'
import { validatorCompiler } from '../../packages/server/src/edge/validator.ts'

/** Fastify as the product configures it: body parser, validation, headers, errors. No log, no metrics. */
export async function fastifyApp(): Promise<FastifyInstance> {
  const app = Fastify({ logger: false, forceCloseConnections: 'idle' })
  readJsonOnly(app)
  app.setValidatorCompiler(validatorCompiler())
  app.setErrorHandler(errorHandler)
  await app.register(securityHeaders, { corsOrigins: [], headers: await helmetHeaders(false) })
  return app
}
