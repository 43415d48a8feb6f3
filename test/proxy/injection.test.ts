/**
 * Header injection, through a whole worker over each engine: whatever a client puts into a value that we write or pass on, trusted or
 * not, the origin gets the fields that it should get, each in one line, and the client an answer with none of its making.
 */
import { describe, expect, it } from 'vitest';
import { engines } from '../../src/proxy/engines/engines.js';
import type { SeenRequest } from '../support/careless-origin.js';
import type { RawResponse } from '../support/raw-client.js';
import { agreedRequests, expectNoVictim, startScene, type Scene } from './smuggling-harness.js';

/** No byte of these may stand in a value: the request is refused. */
const forbidden = ['\r', '\n', '\0', '\x01', '\x0b', '\x0c', '\x1b', '\x7f', '\r\r\n', '\n\r'].map((bytes) => `a${bytes}Evil: b`);

/** These may, and must not become anything else: letters whose low byte ends a line, quotes that end nothing, lists, escapes. */
const allowed = [
  '\xc4\x8d\xc4\x8aEvil: b', '\xe5\x98\x8a\xe5\x98\x8dEvil: b', '\x85Evil: b', '\xe2\x80\xa8Evil: b', '%0d%0aEvil: b', '\\r\\nEvil: b', '=?utf-8?q?=0d=0aEvil:_b?=',
  'a"b', 'a\\', '"', '"a', 'a";evil=b', 'a\\";evil=b', 'a;evil=b', 'a, Evil: b', 'a,b,,', 'a\tb', '\xff', 'Evil: b', ': b', '<script>', '${x}', 'a'.repeat(5000), '', '-', '0', '-1', '1e9', '99999',
];

/** What we read, write or pass on of a request. */
const names = [
  'X-Request-Id', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Forwarded-Prefix', 'X-Real-Ip', 'Forwarded', 'Via', 'Max-Forwards',
  'Upgrade', 'Connection', 'TE', 'Trailer', 'Expect', 'Keep-Alive', 'Accept', 'Cookie', 'X-Other', 'X_Forwarded_For', 'Proxy',
];

const ours = ['forwarded', 'host', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-request-id'];
const passedOn = new Set(['x-forwarded-prefix', 'x-real-ip', 'max-forwards', 'accept', 'cookie', 'x-other']);

/** But for the engine's own `Connection: keep-alive`. */
const namesOf = ({ fields }: SeenRequest): string[] => fields.filter((name, i) => i % 2 === 0 && !(name === 'connection' && fields[i + 1] === 'keep-alive'));
const valueOf = ({ fields }: SeenRequest, name: string): string | undefined => fields.find((_, i) => i % 2 === 1 && fields[i - 1] === name);
const request = (name: string, value: string): string => `GET /attack HTTP/1.1\r\nHost: h.example\r\n${name}: ${value}\r\n\r\n`;

async function send(scene: Scene, bytes: string): Promise<RawResponse> {
  const client = await scene.connect();
  client.send(bytes);
  const response = await client.response(); // which is read strictly
  client.end();
  await client.ended();
  expect(client.rest).toBe('');
  expect(response.fields.map(([name]) => name.toLowerCase())).not.toContain('evil');
  return response;
}

/** Answers with a redirect to itself, which the worker rewrites. */
const redirect = ({ target, fields }: SeenRequest): string | undefined =>
  target === '/attack' ? `HTTP/1.1 302 Found\r\nLocation: http://${fields[fields.indexOf('host') + 1]}/there\r\nContent-Length: 0\r\n\r\n` : undefined;

/** One after the other on one worker. */
async function expectNoField(scene: Scene, name: string, isTrusted: boolean): Promise<void> {
  const lower = name.toLowerCase();
  const isPassedOn = passedOn.has(lower) && (isTrusted || !/^x-(?:forwarded|real)/.test(lower));
  for (const [index, value] of allowed.entries()) {
    const response = await send(scene, request(name, value));
    expect(response.status, JSON.stringify(value)).toBe(302);
    const seen = agreedRequests(scene)[index] as SeenRequest; // the redirect was the origin's
    const isThere = isPassedOn && !(lower === 'max-forwards' && value === '');
    expect(namesOf(seen).toSorted(), JSON.stringify(value)).toEqual([...ours, ...(isThere ? [lower] : [])].toSorted());
    expect(valueOf(seen, 'x-request-id')).toMatch(/^[\w.:+/=@-]{1,128}$/);
    if (isThere) expect(valueOf(seen, lower)).toBe(value);
    if (lower === 'via') expect(valueOf(seen, lower)?.startsWith(value)).toBe(true);
    if (isTrusted) continue;
    expect([valueOf(seen, 'x-forwarded-for'), valueOf(seen, 'x-forwarded-host')]).toEqual(['127.0.0.1', 'h.example']);
    expect(response.values('location')).toEqual(['http://h.example/there']);
  }
}

describe.each(Object.entries(engines))('the %s engine', (_, createEngine) => {
  describe.each([true, false])('a client that is trusted: %s', (isTrusted) => {
    const start = (): Promise<Scene> =>
      startScene(createEngine, { play: redirect, worker: { trustedNetworks: isTrusted ? ['127.0.0.0/8'] : [] } });

    it.each(names)('writes no line of its own into %s', async (name) => {
      const scene = await start();
      for (const value of forbidden) {
        const { status, values } = await send(scene, request(name, value));
        expect([status, values('connection')], JSON.stringify(value)).toEqual([400, ['close']]);
      }
      await expectNoVictim(scene);
      expect(agreedRequests(scene)).toHaveLength(1);
      expect(scene.counted()).toEqual({ 'malformed-request': forbidden.length });
    });

    it.each(names)('makes no field by what it says in %s', async (name) => {
      const scene = await start();
      await expectNoField(scene, name, isTrusted);
      await expectNoVictim(scene);
      expect(scene.counted()).toEqual({});
    });
  });

  it.each(['h;for=6.6.6.6', 'h=x', '\'h\'', '(h)', '*', '%0d%0aevil', '[::1]:80'])('quotes a Host of %s where it stands beside others', async (host) => {
    const scene = await startScene(createEngine, { worker: { host: 'keep' } });
    const client = await scene.connect();
    client.send(`GET /attack HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect((await client.response()).status).toBe(200);
    client.end();
    const [seen] = agreedRequests(scene);
    const quoted = /^[!#$%&'*+.^_`|~\w-]+$/.test(host) ? host : `"${host}"`;
    expect(seen === undefined ? [] : [valueOf(seen, 'host'), valueOf(seen, 'forwarded')]).toEqual([host, `for=127.0.0.1;proto=http;host=${quoted}`]);
  });

  it.each(['/%0d%0aEvil:%20b', '/a%00b', '/"<script>', '/\\..\\x', '/..%2f..', '//other/x', '/a;b?c&d=%0a', '/?\'"<>`{}|^'])('passes the target %s on as it is', async (target) => {
    const scene = await startScene(createEngine);
    const response = await send(scene, `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`);
    expect(response.body).toBe(`GET ${target} 0`);
    expect(agreedRequests(scene).map(({ target: seen }) => seen)).toEqual([target]);
  });

  it.each(['websocket\x0b', 'websocket, evil', 'websocket/13', 'h2c', '"websocket"', 'websocket;evil', 'evil', 'web socket', ''])('asks for no protocol that is %j', async (protocol) => {
    const scene = await startScene(createEngine);
    await send(scene, `GET /attack HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Key: x\r\n\r\n`);
    for (const seen of agreedRequests(scene)) expect(namesOf(seen)).not.toContain('upgrade');
    await expectNoVictim(scene);
  });

  it('writes the protocol that it knows in its own letters', async () => {
    const scene = await startScene(createEngine);
    await send(scene, 'GET /attack HTTP/1.1\r\nHost: h\r\nConnection: UPGRADE\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: x\r\n\r\n');
    const seen = agreedRequests(scene).map((request) => [valueOf(request, 'upgrade'), valueOf(request, 'connection')]);
    expect(seen).toEqual([['websocket', 'Upgrade']]);
  });
});
