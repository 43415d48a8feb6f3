/**
 * The certificates of the tier: which one a client gets, by the server name that it asks for, and new ones as soon as their
 * files have changed.
 *
 * Files are looked at again and again instead of waiting for a signal or an event: it works for links that are switched and
 * for network file systems, and for each process alike. What is broken is logged once and the old pair stays in use; connections
 * keep what they began with.
 */
import { createPrivateKey, X509Certificate, constants, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Clock, Timer } from '../clock.js';
import type { Log } from '../log.js';
import { ServiceError } from '../service.js';

export interface CertificateFiles {
  /** PEM, with its chain behind it. */
  readonly certificate: string;
  /** PEM, without a pass phrase. */
  readonly key: string;
  /** Names it is for, instead of its own; `*.` stands for one label. */
  readonly names?: readonly string[] | undefined;
}

export interface CertificatesOptions {
  /** At least one; the first is for clients that name no server or none of ours. */
  readonly files: readonly CertificateFiles[];
  /** Between two looks at the files. */
  readonly reloadMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Certificates {
  /** The certificate for that name, and all that is the same for all. The same object each time, until the files have changed. */
  optionsFor(serverName: string): SecureContextOptions;
  /** Looks at the files from now on. */
  start(): void;
  stop(): void;
}

interface Pair {
  readonly options: SecureContextOptions;
  readonly names: readonly string[];
  readonly validTo: string;
}

/**
 * What all clients of these years speak, and nothing older: TLS 1.2 with forward secrecy and authenticated encryption, TLS 1.3.
 * Renegotiation is work that a client could ask for at will.
 */
const modern: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  ciphers: [
    ...['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'],
    ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
    ...['ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ].join(':'),
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
};

/** @throws ServiceError when a pair cannot be read or does not belong together. */
export function createCertificates({ files, reloadMs, clock, log }: CertificatesOptions): Certificates {
  const pairs = files.map(load);
  const seen: (string | undefined)[] = files.map(() => undefined);
  let byName = indexed(pairs);
  let timer: Timer | undefined;
  let stopped = false;

  /** What the files were when they were read is not known, so the first look reads them again. */
  async function look(): Promise<void> {
    for (const [index, each] of files.entries()) {
      const now = await fingerprint(each);
      if (stopped) return;
      const before = seen[index];
      seen[index] = now;
      if (now !== before) reload(each, index);
    }
    timer = clock.after(reloadMs, () => void look());
  }

  function reload(each: CertificateFiles, index: number): void {
    try {
      const pair = load(each, index);
      if (pair.options.cert === pairs[index]?.options.cert && pair.options.key === pairs[index]?.options.key) return;
      pairs[index] = pair;
      byName = indexed(pairs);
      log.info({ certificate: each.certificate, names: pair.names, validTo: pair.validTo }, 'certificate loaded');
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      log.error({ reason: error.message }, 'a certificate cannot be loaded; the one before stays in use');
    }
  }

  const first = (): Pair => pairs[0] as Pair; // at least one
  return {
    optionsFor(serverName) {
      const name = plainName(serverName);
      return (byName.get(name) ?? byName.get(name.replace(/^[^.]+/, '*')) ?? first()).options;
    },
    start() {
      timer ??= clock.after(reloadMs, () => void look());
    },
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}

/** Of a name that two have the first is the one. */
function indexed(pairs: readonly Pair[]): ReadonlyMap<string, Pair> {
  const byName = new Map<string, Pair>();
  for (const pair of pairs) for (const name of pair.names) if (!byName.has(name)) byName.set(name, pair);
  return byName;
}

const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '');

/** Changes whenever the content of one of the files may have changed. */
async function fingerprint({ certificate, key }: CertificateFiles): Promise<string> {
  const each = [certificate, key].map(async (path) => {
    const { ino, size, mtimeMs, ctimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  });
  return (await Promise.allSettled(each)).map((found) => (found.status === 'fulfilled' ? found.value : 'missing')).join(', ');
}

function load({ certificate, key, names }: CertificateFiles, index: number): Pair {
  const [cert, pem] = [readPem(certificate, index), readPem(key, index)];
  const parsed = parsedCertificate(cert, certificate, index);
  if (!parsed.checkPrivateKey(parsedKey(pem, key, index))) throw refusal(index, `${key} is not the key of ${certificate}`);
  const own = (names ?? namesIn(parsed)).map(plainName);
  if (own.length === 0 && index > 0) throw refusal(index, `${certificate} has no name that a client could ask for; give it names`);
  const options = { ...modern, cert, key: pem };
  assertUsable(options, certificate, index);
  return { options, names: own, validTo: parsed.validTo };
}

/** Why a pair cannot be used, for who wants to know before; undefined when it can. @param index its place in the list */
export function certificateFlaw(files: CertificateFiles, index: number): string | undefined {
  try {
    load(files, index);
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return error.message.slice(optionOf(index).length);
    throw error;
  }
}

const optionOf = (index: number): string => `proxy.tls.certificates[${index}]: `;

const refusal = (index: number, what: string, cause?: unknown): ServiceError =>
  new ServiceError(optionOf(index) + what, { cause });

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function readPem(path: string, index: number): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    throw refusal(index, `cannot read ${path}: ${reasonOf(error)}`, error);
  }
}

function parsedCertificate(pem: string, path: string, index: number): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw refusal(index, `${path} is no certificate in PEM: ${reasonOf(error)}`, error);
  }
}

function parsedKey(pem: string, path: string, index: number): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw refusal(index, `${path} is no private key in PEM without a pass phrase: ${reasonOf(error)}`, error);
  }
}

/** Some keys are good in themselves and too short for TLS. */
function assertUsable(options: SecureContextOptions, path: string, index: number): void {
  try {
    createSecureContext(options);
  } catch (error) {
    throw refusal(index, `${path} cannot be used: ${reasonOf(error)}`, error);
  }
}

/** The DNS names of subjectAltName; the common name has no say any more (RFC 9525 §2). */
function namesIn({ subjectAltName = '' }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(/(?:^|, )DNS:([\w.*-]+)(?=,|$)/g)].map(([, name]) => name as string); // the group always takes part
}
