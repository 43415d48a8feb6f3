/**
 * Rotations against each other on real sockets: the same as `roundhouse bench rotation`, with the same options.
 *
 *     npm run build && node dist/bench/rotation.js
 */
process.argv.splice(2, 0, 'bench', 'rotation');
await import('../src/cli/main.js');
