/**
 * The zone that every DNS contender serves: one name with four addresses.
 */

export const zoneName = 'roundhouse.test';
export const serviceName = `www.${zoneName}`;
export const addresses = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
export const ttlS = 30;

/** As BIND and all who came after it read it. */
export const zoneFile = `$ORIGIN ${zoneName}.
$TTL ${ttlS}
@ 30 IN SOA ns1 hostmaster 1 3600 600 86400 30
@ IN NS ns1
ns1 IN A 127.0.0.1
${addresses.map((address) => `www IN A ${address}`).join('\n')}
`;
