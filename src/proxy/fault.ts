/**
 * What can go wrong with an exchange, from one table: whose fault it is, what the client is told, and whether another
 * origin may be tried. The codes are a closed union; log lines, metric labels, error pages and tests use these words.
 */

export type FaultSource = 'downstream' | 'upstream' | 'internal';

/** May the request be sent to another origin? `if-idempotent` includes "if nothing was sent". */
export type RetryVerdict = 'never' | 'if-nothing-sent' | 'if-idempotent';

interface FaultRow {
  readonly source: FaultSource;
  /** The status the client gets if no head was sent yet; 499 stands in the log alone, the client has left. */
  readonly status: number;
  readonly retry: RetryVerdict;
  /** One sentence for the error page; tells nothing about addresses inside. */
  readonly text: string;
}

export const faults = {
  // downstream: the client's doing
  'malformed-request': { source: 'downstream', status: 400, retry: 'never', text: 'The request is not valid HTTP.' },
  'bad-host': {
    source: 'downstream',
    status: 400,
    retry: 'never',
    text: 'The request needs exactly one valid Host field, and an absolute target must agree with it.',
  },
  'request-timeout': { source: 'downstream', status: 408, retry: 'never', text: 'The request took too long to arrive.' },
  'body-too-large': { source: 'downstream', status: 413, retry: 'never', text: 'The request body is larger than this proxy accepts.' },
  'target-too-long': { source: 'downstream', status: 414, retry: 'never', text: 'The request target is longer than this proxy accepts.' },
  'fields-too-large': {
    source: 'downstream',
    status: 431,
    retry: 'never',
    text: 'The request header fields are larger than this proxy accepts.',
  },
  'method-not-supported': { source: 'downstream', status: 501, retry: 'never', text: 'This proxy does not support the request method.' },
  'loop-detected': { source: 'downstream', status: 508, retry: 'never', text: 'The request has already passed through this proxy.' },
  'client-stalled': { source: 'downstream', status: 408, retry: 'never', text: 'The client stopped reading the response.' },
  'client-aborted': { source: 'downstream', status: 499, retry: 'never', text: 'The client closed the connection.' },
  // upstream: the origin's doing
  'connect-refused': { source: 'upstream', status: 502, retry: 'if-nothing-sent', text: 'The origin refuses connections.' },
  'connect-failed': { source: 'upstream', status: 502, retry: 'if-nothing-sent', text: 'The origin cannot be reached.' },
  'connect-timeout': { source: 'upstream', status: 504, retry: 'if-nothing-sent', text: 'The origin did not accept a connection in time.' },
  'tls-failed': { source: 'upstream', status: 502, retry: 'if-nothing-sent', text: 'No trusted connection to the origin could be made.' },
  'reset-before-response': {
    source: 'upstream',
    status: 502,
    retry: 'if-idempotent',
    text: 'The origin closed the connection without a response.',
  },
  'response-timeout': { source: 'upstream', status: 504, retry: 'if-idempotent', text: 'The origin did not respond in time.' },
  'invalid-response': { source: 'upstream', status: 502, retry: 'never', text: 'The origin sent an invalid response.' },
  'response-fields-too-large': {
    source: 'upstream',
    status: 502,
    retry: 'never',
    text: 'The origin sent header fields larger than this proxy accepts.',
  },
  'reset-mid-response': { source: 'upstream', status: 502, retry: 'never', text: 'The origin broke off its response.' },
  'idle-mid-response': { source: 'upstream', status: 504, retry: 'never', text: 'The origin fell silent in the middle of its response.' },
  // internal: ours
  'no-origin': { source: 'internal', status: 503, retry: 'never', text: 'No origin is available.' },
  'queue-full': { source: 'internal', status: 503, retry: 'never', text: 'This proxy is at its limit.' },
  'queue-timeout': { source: 'internal', status: 503, retry: 'never', text: 'This proxy is at its limit.' },
  stopping: { source: 'internal', status: 503, retry: 'never', text: 'This proxy is stopping.' },
  'internal-error': { source: 'internal', status: 500, retry: 'never', text: 'This proxy failed.' },
} as const satisfies Record<string, FaultRow>;

export type FaultCode = keyof typeof faults;
export const faultCodes = Object.keys(faults) as readonly FaultCode[]; // keys of a literal

/** How far an attempt came; what has left us cannot be taken back. */
export interface AttemptProgress {
  /** The connection stood, so the head counts as sent. */
  readonly connected: boolean;
  /** It had been idle, and may have been closed by the origin at the moment we took it. */
  readonly reused: boolean;
  /** The request body began to flow. We keep no copy of it, so no other origin could get it. */
  readonly bodyStarted: boolean;
  /** The client has the response head. */
  readonly answered: boolean;
}

/** RFC 9110 §9.2.2. Of an unknown method nothing is assumed. */
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** Whether the request may be sent once more after this fault. */
export function mayRetry(code: FaultCode, method: string, { connected, bodyStarted, answered }: Omit<AttemptProgress, 'reused'>): boolean {
  const verdict: RetryVerdict = faults[code].retry;
  if (verdict === 'never' || bodyStarted || answered) return false;
  return !connected || (verdict === 'if-idempotent' && idempotentMethods.has(method));
}

/**
 * A connection that had been idle ended without an answer. To close it just when a request comes is the right of every server
 * (RFC 9112 §9.5), and says nothing about it.
 */
export function isRace(code: FaultCode, { reused }: Pick<AttemptProgress, 'reused'>): boolean {
  return reused && code === 'reset-before-response';
}

/** Faults that say that the origin itself, not this request, is in trouble. */
export function isConnectFault(code: FaultCode): boolean {
  return code === 'connect-refused' || code === 'connect-failed' || code === 'connect-timeout' || code === 'tls-failed';
}
