import { defineConfig } from 'vitest/config';

// What needs only Node: pure files, real sockets on loopback, and the tier as child processes.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/system/**', 'node_modules/**'],
    pool: 'forks',
    // Real sockets and processes on a shared machine: on CI what fails once is run once more and shown as retried, so that
    // one lost race in thousands of tests does not stop a release; what fails twice is broken. At a desk nothing is retried.
    retry: process.env['CI'] === undefined ? 0 : 1,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
