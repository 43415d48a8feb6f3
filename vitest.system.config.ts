import { defineConfig } from 'vitest/config';

// What needs real parts from Debian; the README's tour once more, now with dig and curl. One file at a time: they share the
// default ports and two cores.
export default defineConfig({
  test: {
    include: ['test/system/**/*.test.ts', 'test/e2e/readme.test.ts'],
    pool: 'forks',
    retry: process.env['CI'] === undefined ? 0 : 1, // as in vitest.config.ts
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
