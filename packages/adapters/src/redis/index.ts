export { openRedis, type RedisLink, redisScript } from './redis-link.ts'
