/**
 * What a head says of its own connection (RFC 9110 §7.6.1, §7.8 and §10.1.1), read in one pass.
 */
import { isNamed, type Fields } from '../../fields.js';

export interface MessageFacts {
  /** The connection may carry another message after this one (RFC 9112 §9.3). */
  readonly persistent: boolean;
  /** The protocol that `Upgrade` names, in lower case, where `Connection` says so as well. */
  readonly upgrade: string | undefined;
  readonly expectsContinue: boolean;
}

const plain11: MessageFacts = { persistent: true, upgrade: undefined, expectsContinue: false };

export function messageFacts(fields: Fields, version: '1.0' | '1.1'): MessageFacts {
  let connection = '';
  let upgrade = '';
  let expect = '';
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string; // i < length, and the array is of pairs
    const value = fields[i + 1] as string;
    if (isNamed(name, 'connection')) connection = connection === '' ? value : `${connection},${value}`;
    else if (isNamed(name, 'upgrade')) upgrade = upgrade === '' ? value : `${upgrade},${value}`;
    else if (isNamed(name, 'expect')) expect = value;
  }
  if (version === '1.1' && expect === '' && (connection === '' || connection === 'keep-alive')) return plain11;
  const options = connection.toLowerCase().split(',').map((option) => option.trim());
  return {
    persistent: !options.includes('close') && (version === '1.1' || options.includes('keep-alive')),
    upgrade: upgrade !== '' && options.includes('upgrade') ? upgrade.toLowerCase() : undefined,
    expectsContinue: version === '1.1' && expect.toLowerCase() === '100-continue',
  };
}
