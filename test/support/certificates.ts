/**
 * Self-signed certificates for tests, written byte by byte (X.509 in DER), since not every machine that runs them has openssl.
 * Their keys are made anew in each run and are worth nothing.
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestPair {
  readonly cert: string;
  readonly key: string;
}

const der = (tag: number, ...content: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...content: readonly Buffer[]): Buffer => der(0x30, ...content);
const oid = (hex: string): Buffer => der(6, Buffer.from(hex, 'hex'));
const pem = (label: string, bytes: Buffer): string =>
  `-----BEGIN ${label}-----\n${(bytes.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END ${label}-----\n`;

const kinds = {
  ec: { algorithm: sequence(oid('2a8648ce3d040302')), keys: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
  rsa: { algorithm: sequence(oid('2a864886f70d01010b'), der(5)), keys: () => generateKeyPairSync('rsa', { modulusLength: 2048 }) },
  weak: { algorithm: sequence(oid('2a864886f70d01010b'), der(5)), keys: () => generateKeyPairSync('rsa', { modulusLength: 512 }) },
};
const basicConstraints = sequence(oid('551d13'), der(1, Buffer.from([255])), der(4, sequence(der(1, Buffer.from([255])))));
const time = (text: string): Buffer => der(0x18, Buffer.from(text, 'latin1'));

/** Valid from 2000 to 2100. @param names DNS names, or IPv4 addresses */
export const makeCertificate = (...names: readonly string[]): TestPair => makeOfKind('ec', names);

/** With an RSA key, where the others have elliptic curves. */
export const makeRsaCertificate = (...names: readonly string[]): TestPair => makeOfKind('rsa', names);

/** With a key that can be broken, which TLS refuses. */
export const makeWeakCertificate = (...names: readonly string[]): TestPair => makeOfKind('weak', names);

function makeOfKind(kind: keyof typeof kinds, names: readonly string[]): TestPair {
  const { algorithm } = kinds[kind];
  const { privateKey, publicKey } = kinds[kind].keys();
  const subject = sequence(der(0x31, sequence(oid('550403'), der(12, Buffer.from(names[0] ?? 'nameless')))));
  const alternatives = names.map((name) =>
    /^[\d.]+$/.test(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : der(0x82, Buffer.from(name)),
  );
  const extensions = [basicConstraints, ...(names.length === 0 ? [] : [sequence(oid('551d11'), der(4, sequence(...alternatives)))])];
  const body = sequence(
    der(0xa0, der(2, Buffer.from([2]))),
    der(2, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    subject,
    sequence(time('20000101000000Z'), time('21000101000000Z')),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(body, algorithm, der(3, Buffer.from([0]), signature));
  return { cert: pem('CERTIFICATE', certificate), key: pem('PRIVATE KEY', privateKey.export({ type: 'pkcs8', format: 'der' })) };
}

export interface StoredPair {
  readonly certificate: string;
  readonly key: string;
}

export interface PairStore {
  readonly directory: string;
  /** Writes a pair, each file in one step. */
  put(name: string, pair: TestPair): StoredPair;
  remove(): void;
}

export function createPairStore(): PairStore {
  const directory = mkdtempSync(join(tmpdir(), 'roundhouse-tls-'));
  const write = (path: string, text: string): string => {
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    return path;
  };
  return {
    directory,
    put: (name, { cert, key }) => ({
      certificate: write(join(directory, `${name}.cert.pem`), cert),
      key: write(join(directory, `${name}.key.pem`), key),
    }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
