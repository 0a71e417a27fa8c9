export { openRedis, type RedisLink, type RedisScript, redisScript } from './redis-link.ts'
