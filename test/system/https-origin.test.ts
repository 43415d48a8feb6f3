/**
 * An origin behind TLS: verified by default, refused when nobody vouches for it.
 */
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { get } from '../support/load.js';
import { exec, missing } from '../support/programs.js';
import { startTier } from '../support/tier.js';

const args = (key: string, certificate: string): string[] => [
  ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
  ...['-subj', '/CN=roundhouse test', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
];

// Reason: makes a certificate with the real openssl; `missing` prints when there is none.
it.skipIf(missing('openssl'))('an https origin is served when its certificate is trusted, and is a 502 with a reason when it is not', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'roundhouse-tls-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  expect((await exec('openssl', args(key, cert))).code).toBe(0);
  const origin = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => response.end('over TLS'));
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const url = `https://127.0.0.1:${(origin.address() as AddressInfo).port}`;
  const config = { origins: [url] };

  const trusting = await startTier({ config, args: ['--workers', '1'], environment: { NODE_EXTRA_CA_CERTS: cert } });
  expect(await get(`${trusting.worker('w1')}/`)).toMatchObject({ status: 200, body: 'over TLS' });
  expect((await trusting.until(({ origins }) => origins[0]?.upFor === 1)).origins).toHaveLength(1);
  await trusting.stop();

  const named = await startTier({ config: { origins: [{ url, tls: { ca: cert } }] }, args: ['--workers', '1'] });
  expect(await get(`${named.worker('w1')}/`)).toMatchObject({ status: 200, body: 'over TLS' });
  await named.stop();

  const strict = await startTier({ config, args: ['--workers', '1'] });
  const refused = await get(`${strict.worker('w1')}/`);
  expect(refused.status).toBe(502);
  expect(refused.body).toContain('No trusted connection to the origin could be made.');
  await strict.stop();
  origin.close();
});
