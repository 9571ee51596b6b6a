import { pino } from 'pino';

/** Structured logging: an object of fields, then a sentence. Secrets and personal data never go in. */
export interface Log {
  debug(fields: object, sentence: string): void;
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
}

/** From how important on a line is written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** JSON lines to the standard output, or to a file. */
export function createLog(options: { service: string; level: LogLevel; file?: string | undefined }): Log {
  const settings = { level: options.level, base: { service: options.service } };
  return options.file === undefined
    ? pino(settings)
    : pino(settings, pino.destination({ dest: options.file, mkdir: true, sync: false }));
}
