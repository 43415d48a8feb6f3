/**
 * `docs/PROXY.md`, made around the table of faults.
 */
import { faultCodes, faults } from './fault.js';

const head = `# What the proxy does

<!-- Generated from src/proxy/fault.ts by \`npm run docs\`; a test compares the two. -->

## To a request on its way

- Hop-by-hop fields are removed both ways, and those that \`Connection\` names (RFC 9110 §7.6.1), but nobody can name away
  what others rely on (Host, Content-Length, Via, Forwarded, X-Forwarded-*, X-Request-Id).
- \`Via\` gains \`1.1 w1 (…)\` both ways; a request that already has this worker in it is answered 508.
- \`Forwarded\`, \`X-Forwarded-For\`, \`-Proto\`, \`-Host\`, \`-Port\` and \`X-Request-Id\` are set anew, unless the client's address is
  in \`proxy.trustedNetworks\`: then ours is appended and its request id kept.
- \`Host\` is the origin's own name (\`host: rewrite\`), and \`Location\` fields that point at the origin are turned to the
  name the client used; or it is what the client sent (\`host: keep\`).
- The service name, the names of locations and those of workers mean one site. Whichever of them is used, the origin is told the
  service name (in \`X-Forwarded-Host\`, \`Forwarded\`, and in \`Host\` with \`host: keep\`), the cache has one response for all, and
  \`Location\` and \`Content-Location\` lead back to the name that the client used. Other names are sites of their own.
- The request body starts to flow when an origin has accepted the connection. Trailers are dropped.
- WebSocket upgrades pass; CONNECT and TRACE are answered 501. When one side of a tunnel has ended, the other has 10 s.
- A client that closes its side before it has the answer counts as gone, as with nginx: its request is given up.

## Who the client is

The other end of the connection, unless that is in \`proxy.proxyProtocolNetworks\`: then the connection must begin with a
header of the PROXY protocol, version 1 or 2 (haproxy's \`send-proxy\` and \`send-proxy-v2\`, nginx's \`proxy_protocol on\`), and
the client is who it names; \`LOCAL\` and \`UNKNOWN\` name nobody. Extensions are skipped, a checksum is verified. Without a
good header within \`timeouts.headersMs\` the connection is closed without an answer, logged as a broken handshake and counted in
\`roundhouse_client_handshake_faults_total\`; a balancer that probes this port must send the header, too, or connect and
leave without a byte, or ask \`/readyz\` on the port of the metrics. Of all others the header is not understood and answered 400.

## TLS

On \`workers.tlsPort\`, with \`proxy.tls.certificates\`: versions 1.2 and 1.3 with forward secrecy and authenticated encryption, ALPN
\`http/1.1\` (who offers other protocols alone is refused), no renegotiation, sessions resumed by tickets of the same worker. A
client gets the certificate for the name it asks for (SNI): the same name, or \`*.\` in the place of its first label, or else
the first certificate. Files are looked at every \`reloadMs\`; a new pair is for new connections, a broken one is logged and the old one
stays. Header, handshake and all must be over within \`timeouts.headersMs\`; handshakes that fail are logged and counted by reason:
\`tls-plain-http\` (HTTP without TLS), \`tls-version\`, \`tls-alpn\`, \`tls-rejected\` (the client sent an alert, mostly since it does not
trust the certificate), \`tls-malformed\` (anything else), \`tls-aborted\` (the client left), \`tls-late\`. Origins read
\`X-Forwarded-Proto: https\`, and redirects to them lead to \`https\`.

## Which origin, and which next

Origins are a pool like the workers: probed by each worker, ordered by \`proxy.policy\`. When an attempt fails, the next one
in the order is tried if the table below allows it, up to \`retries.max\` more, and within the budget: retries under way are
at most \`budgetPercent\` of the exchanges in flight, or \`budgetMin\`. One retry of each request is outside the budget: that
of a request whose connection to the origin had been idle and ended without an answer, as it may at any time; the other idle
connections to that origin are closed with it. "Nothing sent" means that no connection stood;
"idempotent" are GET, HEAD, OPTIONS, PUT and DELETE whose body has not begun to flow.

## Where origins are

An origin that has a name is looked up at the start and again when its TTL is over, within \`resolver.ttlMinS\` and
\`ttlMaxS\`; requests wait for none but the first look-up. By default the system is asked (hosts file, search list), and its
name servers for the TTL (\`resolver.validS\` when they tell none within 250 ms); with \`proxy.resolver.servers\` those alone,
for A and AAAA. Each new connection begins with the
next address, and goes on to the others when that one refuses or does not answer within 250 ms. Connections to an address
that the name no longer has carry no further request (with \`http-proxy\` an idle one carries a last one). While the look-up
fails the last addresses stay in use; when the name is gone, there are none: 502. Changes are logged, look-ups are counted
in \`roundhouse_origin_lookups_total\`.

Origins behind \`https:\` are verified: by the authorities that Node comes with (and \`NODE_EXTRA_CA_CERTS\`), or those in
\`tls.ca\` alone; by the host of their URL, or \`tls.serverName\`. TLS 1.2 at least, ALPN \`http/1.1\`, sessions resumed.
\`tls.verify: false\` believes anybody and is warned of. Probes connect in the same way. Connections are shared only by
origins that are verified in the same way.

## Two engines

\`proxy.engine\` chooses who speaks HTTP. Whatever else is on this page holds for both, and one suite of tests runs over both.

| | \`native\` | \`http-proxy\` |
| --- | --- | --- |
| is | a codec and a forwarder of our own on TCP sockets | the package of that name on Node's HTTP, with its known holes closed |
| accepts | less than Node's parser, never more | what that accepts, less what is known to be ambiguous |
| TLS with clients, PROXY protocol | yes | no; asked for, the configuration is refused |
| head of a response | 64 KiB | 16 KiB |

Ambiguous is refused with 400 and the connection closed: bare CR or LF, folded lines, white space before a colon, control
characters, two lengths, a length beside a coding, any coding but \`chunked\`, a tab around either (\`native\`), chunk sizes that are
no plain hexadecimal number, an absolute target that is not the Host. What follows such a request is not read, and what follows an answer
with \`Connection: close\` is not answered. Trailers are checked and dropped. An origin that sends such a thing is answered for with
502, and its connection is not used again; nor is one that said a word unasked, or more than its answer.

## When it goes wrong

The client gets the status below with a small page (HTML, plain text, or \`application/problem+json\` for those who ask),
which quotes the request id that stands in the log, and whose log that is. If the response had already begun, the
connection is cut instead, so that half a response never looks complete. The code is the same word in the log, the metric
\`roundhouse_proxy_faults_total\` and the tests.
`;

const limits = `## Limits

| what | option | beyond it |
| --- | --- | --- |
| bytes of the request target | \`limits.targetBytes\` | 414 |
| bytes and number of request fields | \`limits.headerBytes\`, \`limits.headersMax\` | 431 |
| bytes of a request body | \`limits.bodyBytes\` | 413; cut when it turns out in the middle of a response |
| exchanges in flight, then in the queue | \`limits.maxconn\`, \`limits.maxqueue\`, \`timeouts.queueMs\` | 503 with Retry-After |
| client connections | \`limits.connectionsMax\` | closed at once, counted |
| connections to one origin | \`limits.originConnectionsMax\` | attempts wait, up to \`timeouts.connectMs\` |
| time for a PROXY header and a TLS handshake | \`timeouts.headersMs\` | closed, counted |
| time for a request's head, for all of it | \`timeouts.headersMs\`, \`timeouts.requestMs\` | 408 |
| time to connect, to the response, between two pieces | \`timeouts.connectMs\`, \`responseMs\`, \`idleMs\` | 504, or a cut |
`;

export function proxyMarkdown(): string {
  const rows = faultCodes.map((code) => {
    const { source, status, retry, text } = faults[code];
    return `| \`${code}\` | ${source} | ${status === 499 ? '499 (log only)' : status} | ${retry.replaceAll('-', ' ')} | ${text} |`;
  });
  const table = ['| code | whose | status | retried | what the client reads |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
  return [head, `${table}\n`, limits].join('\n');
}
