import { defineConfig } from 'vitest/config';

// What needs only Node: pure files, real sockets on loopback, and the tier as child processes.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/system/**', 'node_modules/**'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
