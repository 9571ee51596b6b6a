const transientSqlClasses = new Set(['08', '40', '53', '57']);
const lockNotAvailable = '55P03';
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const connectionLost =
  /connection terminated|connection ended|timeout exceeded when trying to connect|client has encountered a connection error/i;

/** True when a failure is not the message's or the request's fault: try again later, unchanged. */
export function isTransient(error: unknown): boolean {
  if (!Error.isError(error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === lockNotAvailable || networkCodes.has(code)) return true;
  if (/^[0-9A-Z]{5}$/.test(code) && transientSqlClasses.has(code.slice(0, 2))) return true;
  return connectionLost.test(error.message) || isTransient(error.cause);
}

/** True when the database ended a transaction that took too long: less work at a time may succeed. */
export function isTimeout(error: unknown): boolean {
  return Error.isError(error) && 'code' in error && (error.code === '25P04' || error.code === '57014');
}
