/**
 * DNS servers side by side: the same as `roundhouse bench dns`, with the same options.
 *
 *     npm run build && node dist/bench/dns.js
 */
process.argv.splice(2, 0, 'bench', 'dns');
await import('../src/cli/main.js');
