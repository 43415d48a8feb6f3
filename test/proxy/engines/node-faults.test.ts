import { describe, expect, it } from 'vitest';
import { connectFault, requestFault, responseBodyFault, responseFault, type ClientError } from '../../../src/proxy/engines/node-faults.js';

const error = (code: string, rawPacket = '', bytesParsed = 0): ClientError =>
  Object.assign(new Error(code), { code, rawPacket: Buffer.from(rawPacket, 'latin1'), bytesParsed });

describe('node\'s errors', () => {
  it.each([
    ['ECONNREFUSED', false, 'connect-refused'],
    ['ETIMEDOUT', false, 'connect-timeout'],
    ['EHOSTUNREACH', false, 'connect-failed'],
    ['ENOTFOUND', true, 'connect-failed'],
    ['ECONNRESET', false, 'connect-failed'],
    ['ECONNRESET', true, 'tls-failed'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', true, 'tls-failed'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', true, 'tls-failed'],
  ] as const)('%s while connecting (TLS: %s) is %s', (code, secure, fault) => {
    expect(connectFault(error(code), secure)).toBe(fault);
  });

  it.each([
    ['ECONNRESET', 'reset-before-response', 'reset-mid-response'],
    ['EPIPE', 'reset-before-response', 'reset-mid-response'],
    ['HPE_HEADER_OVERFLOW', 'response-fields-too-large', 'invalid-response'],
    ['HPE_INVALID_CONSTANT', 'invalid-response', 'invalid-response'],
  ])('%s is %s before the head and %s after it', (code, before, after) => {
    expect(responseFault(error(code))).toBe(before);
    expect(responseBodyFault(error(code))).toBe(after);
  });

  it.each([
    ['ERR_HTTP_REQUEST_TIMEOUT', '', 0, 'request-timeout'],
    ['HPE_INVALID_EOF_STATE', '', 0, undefined],
    ['ECONNRESET', '', 0, undefined],
    ['HPE_INVALID_CHUNK_SIZE', 'zz', 0, 'malformed-request'],
    ['HPE_INVALID_METHOD', 'FROB / HTTP/1.1\r\n', 2, 'method-not-supported'],
    ['HPE_INVALID_METHOD', 'GET / HTTP/1.1\r\n\r\nFROB / HTTP/1.1\r\n', 20, 'method-not-supported'],
    ['HPE_INVALID_METHOD', 'GET / HTTP/1.1\r\n\r\nnonsense\r\n', 18, 'malformed-request'],
    ['HPE_INVALID_METHOD', '\x16\x03\x01', 0, 'malformed-request'],
    ['HPE_HEADER_OVERFLOW', 'GET /aaaa HTTP/1.1\r\n', 9, 'target-too-long'],
    ['HPE_HEADER_OVERFLOW', 'GET / HTTP/1.1\r\n\r\nGET /aaaa', 27, 'target-too-long'],
    ['HPE_HEADER_OVERFLOW', 'GET / HTTP/1.1\r\nA: aaaa', 23, 'fields-too-large'],
    ['HPE_HEADER_OVERFLOW', 'aaaa', 4, 'fields-too-large'],
  ])('%s at %j:%i is %s of a request', (code, packet, parsed, fault) => {
    expect(requestFault(error(code, packet, parsed))).toBe(fault);
  });
});
