/**
 * From the errors of node's HTTP and sockets to our fault codes. Pure, and for every engine that uses node:http.
 */
import type { FaultCode } from '../fault.js';

export interface NodeError extends Error {
  readonly code?: string;
}

export const errorDetail = (error: NodeError): string => error.code ?? error.message;

/** llhttp did not understand the peer. */
export const isParseError = ({ code }: NodeError): boolean => code?.startsWith('HPE_') === true;

/** @param secure whether a TLS handshake was part of connecting; a reset then is the handshake's. */
export function connectFault({ code = '' }: NodeError, secure: boolean): FaultCode {
  if (code === 'ECONNREFUSED') return 'connect-refused';
  if (code === 'ETIMEDOUT') return 'connect-timeout';
  if (unreachable.has(code)) return 'connect-failed';
  return secure ? 'tls-failed' : 'connect-failed';
}

const unreachable: ReadonlySet<string> = new Set([
  'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN', 'EADDRNOTAVAIL', 'EMFILE', 'ENFILE',
  'ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA',
]);

/** Connected, and no response head yet. */
export function responseFault(error: NodeError): FaultCode {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'response-fields-too-large';
  return isParseError(error) ? 'invalid-response' : 'reset-before-response';
}

/** In the middle of the response body. */
export const responseBodyFault = (error: NodeError): FaultCode => (isParseError(error) ? 'invalid-response' : 'reset-mid-response');

/** What node's `clientError` brings. */
export interface ClientError extends NodeError {
  /** The piece that was being parsed, and how much of it was good. */
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

/** Undefined when it is not about the request: the connection failed or ended, there is nobody to answer. */
export function requestFault(error: ClientError): FaultCode | undefined {
  switch (error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 'request-timeout';
    case 'HPE_INVALID_EOF_STATE':
      return undefined;
    case 'HPE_HEADER_OVERFLOW':
      return isInRequestLine(error) ? 'target-too-long' : 'fields-too-large';
    case 'HPE_INVALID_METHOD':
      return isRequestLine(error) ? 'method-not-supported' : 'malformed-request';
    default:
      return isParseError(error) ? 'malformed-request' : undefined;
  }
}

/**
 * Which of the two limits an overflowing head broke: node does not say, so we look at the line on which it stopped. When
 * the head came in several pieces the line's start may be gone, and 431 is the answer. Heads below the overflow, which is
 * the sum of both limits, are told apart exactly, by measuring.
 */
const isInRequestLine = (error: ClientError): boolean => /^[A-Z-]{3,20} \S*$/.test(lineOfError(error, error.bytesParsed ?? 0));

/** RFC 9110 §9.1: a method that we do not know gets 501; what is no request line at all (a TLS hello, for one) gets 400. */
const isRequestLine = (error: ClientError): boolean =>
  /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40} \S+ HTTP\/1\.[01]\r?\n/.test(lineOfError(error, Infinity));

/** From the start of the line on which the parser stopped; the requests before it, if pipelined, are not the point. */
function lineOfError({ rawPacket, bytesParsed = 0 }: ClientError, end: number): string {
  const packet = rawPacket?.toString('latin1', 0, Math.min(end, bytesParsed + 16_384)) ?? '';
  return packet.slice(bytesParsed === 0 ? 0 : packet.lastIndexOf('\n', bytesParsed - 1) + 1);
}
