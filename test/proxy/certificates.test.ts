/** Which certificate for which name, and files that change or break. */
import { X509Certificate, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/clock.js';
import { silentLog } from '../../src/log.js';
import { createCertificates, type CertificateFiles, type Certificates } from '../../src/proxy/certificates.js';
import { ServiceError } from '../../src/service.js';
import { createPairStore, makeCertificate, makeWeakCertificate } from '../support/certificates.js';

const store = createPairStore();
afterAll(() => store.remove());
const opened: Certificates[] = [];
afterEach(() => opened.splice(0).forEach((each) => each.stop()));

function open(...files: readonly CertificateFiles[]) {
  const clock = createVirtualClock();
  const told: { readonly level: string; readonly fields: Record<string, unknown> }[] = [];
  const tell = (level: string) => (fields: object) => void told.push({ level, fields: fields as Record<string, unknown> });
  const certificates = createCertificates({ files, reloadMs: 1000, clock, log: { ...silentLog, info: tell('info'), error: tell('error') } });
  opened.push(certificates);
  certificates.start();
  /** One whole look at the files: it is over when the next one is due. */
  const look = async (): Promise<void> => {
    clock.advance(1000);
    while (clock.pending() === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  return { certificates, clock, told, look };
}

const a = makeCertificate('a.test', 'www.a.test');
const b = makeCertificate('*.b.test', 'b.test');

describe('the certificate for a name', () => {
  const files = [store.put('a', a), store.put('b', b), { ...store.put('c', makeCertificate()), names: ['C.test.', '*.c.test', 'a.test'] }];
  const { certificates } = open(...files);
  const contexts = ['a.test', 'b.test', 'c.test'].map((name) => certificates.optionsFor(name));

  it('is another for each', () => {
    expect(new Set(contexts).size).toBe(3);
    expect(certificates.optionsFor('').cert).toBe(a.cert);
  });

  it.each<[string, number]>([
    ['a.test', 0],
    ['A.TEST', 0],
    ['a.test.', 0],
    ['www.a.test', 0],
    ['x.a.test', 0],
    ['b.test', 1],
    ['x.b.test', 1],
    ['X.B.test', 1],
    ['x.y.b.test', 0],
    ['.b.test', 0],
    ['*.b.test', 1],
    ['c.test', 2],
    ['x.c.test', 2],
    ['xc.test', 0],
    ['unknown.test', 0],
    ['', 0],
    ['__proto__', 0],
    ['127.0.0.1', 0],
  ])('%j is number %i', (name, index) => {
    expect(certificates.optionsFor(name)).toBe(contexts[index]);
  });
});

describe('what is no pair is refused with a sentence', () => {
  const good = store.put('good', a);
  const other = store.put('other', b);
  const text = join(store.directory, 'text.pem');
  writeFileSync(text, 'text');
  const locked = join(store.directory, 'locked.pem');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(locked, privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }));
  mkdirSync(join(store.directory, 'folder'));

  it.each<[string, CertificateFiles, RegExp]>([
    ['a file that is not there', { ...good, certificate: join(store.directory, 'none.pem') }, /cannot read .*none\.pem: ENOENT/],
    ['a directory', { ...good, key: join(store.directory, 'folder') }, /cannot read .*folder: EISDIR/],
    ['no certificate', { ...good, certificate: text }, /text\.pem is no certificate in PEM: /],
    ['a key in its place', { ...good, certificate: good.key }, /good\.key\.pem is no certificate in PEM: /],
    ['no key', { ...good, key: text }, /text\.pem is no private key in PEM without a pass phrase: /],
    ['a key with a pass phrase', { ...good, key: locked }, /locked\.pem is no private key in PEM without a pass phrase: /],
    ['another\'s key', { ...good, key: other.key }, /other\.key\.pem is not the key of .*good\.cert\.pem$/],
    ['a key that is too short', store.put('weak', makeWeakCertificate('weak.test')), /weak\.cert\.pem cannot be used: .*key too small/],
    ['a certificate that nobody can ask for', store.put('nameless', makeCertificate()), /nameless\.cert\.pem has no name that a client could ask for; give it names$/],
  ])('%s', (_, bad, reason) => {
    const attempt = (): unknown => open(good, bad);
    expect(attempt).toThrow(ServiceError);
    expect(attempt).toThrow(/^proxy\.tls\.certificates\[1\]: /);
    expect(attempt).toThrow(reason);
  });

  it('but the first needs no name', () => {
    expect(open(store.put('nameless', makeCertificate())).certificates.optionsFor('a.test')).toBeDefined();
  });
});

describe('files that change', () => {
  it('are in use after the next look, each for itself, with the names of the new certificate', async () => {
    const files = [store.put('one', a), store.put('two', b)];
    const { certificates, told, look } = open(...files);
    const [one, two, standard] = ['a.test', 'b.test', ''].map((name) => certificates.optionsFor(name));
    await look();
    await look();
    expect(told).toEqual([]);
    expect([certificates.optionsFor('a.test'), certificates.optionsFor('')]).toEqual([one, standard]);

    store.put('two', makeCertificate('new.test'));
    expect(certificates.optionsFor('b.test')).toBe(two);
    await look();
    expect(certificates.optionsFor('new.test')).not.toBe(one);
    expect(certificates.optionsFor('b.test')).toBe(one); // which is nobody's now
    expect(certificates.optionsFor('a.test')).toBe(one);
    expect(certificates.optionsFor('')).toBe(standard);
    expect(told).toMatchObject([{ level: 'info', fields: { certificate: files[1]?.certificate, names: ['new.test'], validTo: 'Jan  1 00:00:00 2100 GMT' } }]);

    const fresh = makeCertificate('a.test');
    store.put('one', fresh);
    await look();
    expect(certificates.optionsFor('')).not.toBe(standard);
    expect(certificates.optionsFor('').cert).toBe(fresh.cert);
    expect(certificates.optionsFor('a.test')).not.toBe(one);
    expect(told).toHaveLength(2);
  });

  it('are in use when they changed before the first look', async () => {
    const files = store.put('early', a);
    const { certificates, look } = open(files);
    const fresh = makeCertificate('a.test');
    store.put('early', fresh);
    await look();
    expect(certificates.optionsFor('').cert).toBe(fresh.cert);
  });

  it('are left alone while they are broken, which is told once, and used when they are right again', async () => {
    const files = store.put('breaking', a);
    const { certificates, told, look } = open(files);
    const standard = certificates.optionsFor('');
    const context = certificates.optionsFor('a.test');
    const fresh = makeCertificate('a.test', 'more.test');
    const steps: readonly [() => void, RegExp][] = [
      [() => writeFileSync(files.certificate, fresh.cert), /is not the key of/], // the other half is still to come
      [() => writeFileSync(files.certificate, fresh.cert.slice(0, 200)), /is no certificate/],
      [() => rmSync(files.key), /cannot read .*ENOENT/],
      [() => rmSync(files.certificate), /cannot read .*ENOENT/],
    ];
    for (const [step, reason] of steps) {
      step();
      await look();
      await look();
      await look();
      expect(told.splice(0)).toMatchObject([{ level: 'error', fields: { reason: expect.stringMatching(reason) } }]);
      expect(certificates.optionsFor('')).toBe(standard);
      expect(certificates.optionsFor('more.test')).toBe(context);
    }
    store.put('breaking', fresh);
    await look();
    expect(certificates.optionsFor('').cert).toBe(fresh.cert);
    expect(told).toMatchObject([{ level: 'info' }]);
  });

  it('are not looked at any more after the stop, not even by a look under way', async () => {
    const files = store.put('stopped', a);
    const { certificates, clock, told } = open(files);
    store.put('stopped', makeCertificate('a.test'));
    clock.advance(1000);
    certificates.stop();
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(certificates.optionsFor('').cert).toBe(a.cert);
    expect(told).toEqual([]);
    expect(clock.pending()).toBe(0);
  });
});

it('the certificates of these tests are certificates', () => {
  const parsed = new X509Certificate(makeCertificate('a.test', '*.b.test', '127.0.0.1').cert);
  expect(parsed.subjectAltName).toBe('DNS:a.test, DNS:*.b.test, IP Address:127.0.0.1');
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  expect(parsed.checkHost('x.b.test')).toBe('*.b.test');
});
