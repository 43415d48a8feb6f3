/**
 * The server name in the first message of a TLS client (RFC 8446 §4.1.2, RFC 6066 §3), before anybody answers it.
 *
 * node can choose a certificate by name itself, but only puts the chosen one beside the standard one: of two kinds of keys a client
 * then gets the wrong certificate. So the name is read first, and the handshake begun with the one right certificate.
 *
 * A pure function over the bytes that have come. It judges nothing: what it cannot read has no name, and whether it is a handshake
 * is for TLS itself to say.
 */

const handshakeRecord = 22;
const clientHello = 1;
/** Of the message; real ones are 200 to 2000. */
const helloBytesMax = 16_384;
/** Of records that it is spread over, in practice one. */
const recordsMax = 32;
const nothing = Buffer.alloc(0);

/** @returns '' when it names no server; `undefined` when more must come before that can be said. */
export function serverNameOf(bytes: Buffer): string | undefined {
  const message = messageOf(bytes);
  if (message === undefined) return undefined;
  try {
    return nameIn(message);
  } catch (error) {
    if (error instanceof RangeError) return ''; // a length that leads beyond the end
    throw error;
  }
}

/** The whole message, out of its records; empty when it is none. */
function messageOf(bytes: Buffer): Buffer | undefined {
  const pieces: Buffer[] = [];
  let wanted = 4;
  let got = 0;
  for (let at = 0; got < wanted; ) {
    if (bytes.length > at && (bytes[at] !== handshakeRecord || pieces.length === recordsMax)) return nothing;
    if (bytes.length < at + 5) return undefined;
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    const piece = bytes.subarray(at + 5, end);
    pieces.push(piece);
    got += piece.length;
    if (wanted === 4 && got >= 4) {
      const [type, ...length] = Buffer.concat(pieces).subarray(0, 4);
      wanted = 4 + Buffer.from(length).readUIntBE(0, 3);
      if (type !== clientHello || wanted > helloBytesMax) return nothing;
    }
    at = end;
  }
  return Buffer.concat(pieces).subarray(4, wanted);
}

/** @throws RangeError when it ends too soon. */
function nameIn(message: Buffer): string {
  let at = 2 + 32; // version, random
  at += 1 + message.readUInt8(at); // session
  at += 2 + message.readUInt16BE(at); // ciphers
  at += 1 + message.readUInt8(at); // compressions
  if (at === message.length) return ''; // extensions are optional
  const end = at + 2 + message.readUInt16BE(at);
  at += 2;
  while (at < end) {
    const type = message.readUInt16BE(at);
    const length = message.readUInt16BE(at + 2);
    if (type === 0) return nameInExtension(message.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return '';
}

/** A list with one entry of kind 0, the host name; nobody ever defined another kind. */
function nameInExtension(extension: Buffer): string {
  const length = extension.readUInt16BE(3);
  const name = extension.toString('latin1', 5, 5 + length);
  return extension.readUInt8(2) === 0 && name.length === length ? name : '';
}
