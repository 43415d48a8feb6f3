/**
 * Reverse proxies side by side: the same as `roundhouse bench proxy`, with the same options.
 *
 *     npm run build && node dist/bench/proxy.js
 */
process.argv.splice(2, 0, 'bench', 'proxy');
await import('../src/cli/main.js');
